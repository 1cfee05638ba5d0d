"""Kernels that were compiled ahead: how they are compiled, kept, loaded and called, without numba in the process that runs them.

`build` has numba compile the kernels and writes one object file. `entry_points` wraps each kernel as a Python function in it.
`object_file` loads that file, and `library` makes Python functions of what is in it. `background` compiles beside a running engine.
"""
