"""The state of an exploration and its background work: traitlets only, no widgets.

``state`` holds the one source of truth, ``theory`` and ``live`` compute behind it, ``permalink`` turns it
into a query string and back. The widgets only show what is here.
"""
