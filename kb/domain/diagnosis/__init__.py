"""The living fault-isolation guide: what is believed, what to do next, how long it takes, what was learnt.

A guide lists causes and steps. Which step next? The one whose expected minutes until the end of the outage
are the fewest, by a short look-ahead (`policy`) over the belief about the causes (`belief`). Closed incidents
move the numbers that an author guessed (`learning`). docs/guides.md has the derivations.

Sources: Heckerman, Breese and Rommelse, "Decision-theoretic troubleshooting", CACM 38(3), 1995 (order by
p/C, expected cost of repair); Kadane and Simon, "Optimal strategies for a class of constrained sequential
problems", Annals of Statistics 5, 1977 (p/C is optimal for independent actions); Jensen et al., "The SACSO
methodology for troubleshooting complex systems", AI EDAM 15, 2001 (what a question is worth, by looking
ahead); Spiegelhalter and Lauritzen, "Sequential updating of conditional probabilities on directed graphical
structures", Networks 20, 1990 (counts).
"""
