"""The express lane: hot calls with a bearer credential, answered in front of Django by the functions of the viewsets.

It has no rules of its own. It answers what succeeds; whatever else may be the matter with a request, Django says.
"""

from .lane import Express

__all__ = ["Express"]
