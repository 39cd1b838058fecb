"""The base of Kiriwake: rules, tables, shared web parts and the operations features."""
