"""Serving the app: Voila's settings, the visitors' kernels, and where the notebooks are.

Nothing here computes or draws. ``settings`` is the one place where the server is configured; ``door`` says
who is let in, ``handlers`` what is answered, ``wire`` and ``sockets`` what a page and its kernel say to each
other; ``kernels`` ends the kernels of visitors who left; ``server`` puts all together for ``slls app``.
"""
