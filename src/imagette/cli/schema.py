"""`imagette schema`."""

import json

from imagette.experiment import schema as experiment_schema


def schema() -> None:
    """Print the JSON schema of an experiment, for editors.

    Example: imagette schema > experiment.schema.json
    """
    print(json.dumps(experiment_schema(), indent=2))
