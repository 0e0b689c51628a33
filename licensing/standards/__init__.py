"""The offers and grants in the words of public standards: RSL 1.0, TDMRep, ODRL.

Pure: plain values in, documents out. A document never allows what the offer or grant does not:
what a standard has no word for is denied, or left to the licence that a reader has to ask for,
and each document lists what it could not say.
"""
