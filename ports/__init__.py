"""What the core needs from the world: Protocols, the frozen values and the errors that cross them.

One role per file; standard library only. A new adapter reads one file here and passes one contract suite.
"""
