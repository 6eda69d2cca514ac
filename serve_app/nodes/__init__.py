"""The nodes as Serve starts them: each builds its collaborators from AppArgs, on the loop that will run its methods.

A module a node, so that a replica imports what its own node needs and starts soon. Serve awaits a constructor that is
a coroutine, and a finaliser too; type checkers know of neither.
"""
