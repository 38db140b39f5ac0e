"""Files that people upload: what is taken, how it is kept, and where it is served from.

Owns ``uploads`` and the objects that its rows name. Promises: what a file is, its content
says, never its name or its sender; an image is stored only as we encoded it ourselves, without
metadata; an object is stored before its row, so that every row has its file; an address that a
row names is never given twice. Locks nothing.
"""
