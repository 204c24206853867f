"""The layers of an Outlook data file below its items: nodes and blocks, heaps, property and table contexts ([MS-PST]).

Read only, from any thread: the file is read by position, and nothing is held but small caches. Every page and block is
checked (its kind, its id, its checksum) before it is used; what fails raises `Damaged`, and every size, depth and count
that a file announces is bounded by the file's own size.
"""
