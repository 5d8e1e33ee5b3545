"""Serving the app: Voila's settings, the visitors' kernels, and where the notebooks are.

Nothing here computes or draws. ``settings`` is the one place where the server is configured; ``kernels``
ends the kernels of visitors who left; ``server`` puts both together for ``slls app``.
"""
