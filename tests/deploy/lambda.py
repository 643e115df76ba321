"""What docs/deploy/lambda grants and sets, as JSON: of the SAM template and of the Terraform file, in the same form.

usage: lambda.py TEMPLATE MAIN_TF
"""

import json
import sys

import hcl2
import yaml


class Tags(yaml.SafeLoader):
    """YAML in which `!Sub text` is its text, and so on."""


def untagged(loader, _suffix, node):
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


Tags.add_multi_constructor("!", untagged)


def plain(value):
    """A value of HCL without the quotes that the parser keeps."""
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.strip('"') if isinstance(value, str) else value


def of_template(path):
    with open(path) as file:
        function = yaml.load(file, Tags)["Resources"]["Prescale"]["Properties"]
    (policy,) = function["Policies"]
    return {
        "grants": {s["Sid"]: sorted(s["Action"]) for s in policy["Statement"]},
        "variables": sorted(function["Environment"]["Variables"]),
        "schedule": function["Events"]["Tick"]["Properties"]["Schedule"],
        "retries": function["EventInvokeConfig"]["MaximumRetryAttempts"],
        "memory": function["MemorySize"],
        "timeout": function["Timeout"],
        "at_once": function["ReservedConcurrentExecutions"],
    }


def of_terraform(path):
    with open(path) as file:
        text = plain(hcl2.load(file))

    def block(kind, first, second):
        (found,) = [b[first][second] for b in text[kind] if second in b.get(first, {})]
        return found

    function = block("resource", "aws_lambda_function", "prescale")
    policy = block("data", "aws_iam_policy_document", "prescale")
    (environment,) = function["environment"]
    return {
        "grants": {s["sid"]: sorted(s["actions"]) for s in policy["statement"]},
        "variables": sorted(environment["variables"]),
        "schedule": block("resource", "aws_cloudwatch_event_rule", "tick")["schedule_expression"],
        "retries": block("resource", "aws_lambda_function_event_invoke_config", "prescale")["maximum_retry_attempts"],
        "memory": function["memory_size"],
        "timeout": function["timeout"],
        "at_once": function["reserved_concurrent_executions"],
    }


print(json.dumps([of_template(sys.argv[1]), of_terraform(sys.argv[2])]))
