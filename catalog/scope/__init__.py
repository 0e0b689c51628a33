"""The scope of a right: which uses, where, when. Pure; the words of the clearance contract.

It stands in the catalogue, below the engine, because rights are recorded in these words before
anybody asks to license them.
"""
