"""The explorer as a folder of static files: the same package in the reader's browser, and no server.

`kernels` compiles what numba compiles, once, for WebAssembly; `site` writes the folder; `front` is what the
browser loads, of which ``session.py`` runs in its Python.
"""
