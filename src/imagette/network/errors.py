"""The one error of this package."""

from imagette.errors import UsageError


class NetworkError(UsageError):
    """A network that cannot be read or walked: says where, the rule, what came and the remedy."""
