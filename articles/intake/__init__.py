"""Files from outside, before anything of them is kept.

What reads a hostile file may hang, run out of memory or crash, so it does this in a process of its own
(worker.py) with bounds on memory, time and output. What comes out is a picture encoded anew, or the word
that a file is what its name says and that no personal data was found in its text, or every reason against.
"""
