# prescale-lambda with its schedule and its rights, for Terraform or OpenTofu (docs/deployment.md, step 5):
#
#   terraform init && terraform apply -var bucket=team-scaling
#
# The package is prescale-lambda.zip beside this file; how it is built stands there too.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.40"
    }
  }
}

variable "bucket" {
  description = "Bucket of the shared store, of [shared] url. It exists already."
  type        = string
}

variable "prefix" {
  description = "What comes before every name in it, of [shared] url. The configuration is PREFIX/prescale.toml."
  type        = string
  default     = "prod"
}

variable "group_name" {
  description = "Groups that may be changed; * is every group of the account."
  type        = string
  default     = "*"
}

variable "alarm_topics" {
  description = "ARNs of SNS topics that hear of failures."
  type        = list(string)
  default     = []
}

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  autoscaling = "arn:${data.aws_partition.this.partition}:autoscaling:${data.aws_region.this.name}:${data.aws_caller_identity.this.account_id}"
  bucket      = "arn:${data.aws_partition.this.partition}:s3:::${var.bucket}"
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

# What `prescale iam-policy --act` prints; a test compares the actions. Where sources have a role_arn, add what
# `prescale iam-policy --caller` prints.
data "aws_iam_policy_document" "prescale" {
  statement {
    sid = "PrescaleReads"
    actions = [
      "autoscaling:DescribeAutoScalingGroups",
      "autoscaling:DescribeInstanceRefreshes",
      "autoscaling:DescribePolicies",
      "autoscaling:DescribeScalingActivities",
      "autoscaling:DescribeScheduledActions",
      "cloudwatch:GetMetricData",
      "cloudwatch:ListMetrics",
      "elasticloadbalancing:DescribeTargetHealth",
    ]
    resources = ["*"]
  }
  statement {
    sid = "PrescaleScales"
    actions = [
      "autoscaling:DeleteScheduledAction",
      "autoscaling:ResumeProcesses",
      "autoscaling:SuspendProcesses",
      "autoscaling:PutScheduledUpdateGroupAction",
      "autoscaling:SetDesiredCapacity",
      "autoscaling:UpdateAutoScalingGroup",
    ]
    resources = ["${local.autoscaling}:autoScalingGroup:*:autoScalingGroupName/${var.group_name}"]
  }
  statement {
    sid       = "PrescaleLists"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket]
    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["${var.prefix}/*"]
    }
  }
  statement {
    sid       = "PrescaleShares"
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = ["${local.bucket}/${var.prefix}/*"]
  }
}

resource "aws_iam_role" "prescale" {
  name_prefix        = "prescale-"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "prescale" {
  name   = "prescale"
  role   = aws_iam_role.prescale.id
  policy = data.aws_iam_policy_document.prescale.json
}

resource "aws_iam_role_policy_attachment" "log" {
  role       = aws_iam_role.prescale.name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

resource "aws_cloudwatch_log_group" "prescale" {
  name              = "/aws/lambda/prescale"
  retention_in_days = 90
}

resource "aws_lambda_function" "prescale" {
  function_name    = "prescale"
  description      = "One minute of the loop an invocation"
  role             = aws_iam_role.prescale.arn
  filename         = "${path.module}/prescale-lambda.zip"
  source_code_hash = filebase64sha256("${path.module}/prescale-lambda.zip")
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = ["x86_64"]
  memory_size      = 512
  # The history and, for a moment, a copy of it.
  ephemeral_storage {
    size = 1024
  }
  # A run is over when its time is: the next one waits for that where it died.
  timeout = 60
  # One at a time. The log of runs keeps two apart as well; this saves the second from being started.
  reserved_concurrent_executions = 1

  environment {
    variables = {
      PRESCALE_CONFIG = "s3://${var.bucket}/${var.prefix}/prescale.toml"
    }
  }

  depends_on = [aws_cloudwatch_log_group.prescale, aws_iam_role_policy.prescale]
}

# A tick that failed is not made up for: the next one comes within a minute.
resource "aws_lambda_function_event_invoke_config" "prescale" {
  function_name                = aws_lambda_function.prescale.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}

resource "aws_cloudwatch_event_rule" "tick" {
  name_prefix         = "prescale-"
  description         = "The minutes of prescale"
  schedule_expression = "rate(1 minute)"
}

resource "aws_cloudwatch_event_target" "tick" {
  rule = aws_cloudwatch_event_rule.tick.name
  arn  = aws_lambda_function.prescale.arn
  retry_policy {
    maximum_retry_attempts       = 0
    maximum_event_age_in_seconds = 60
  }
}

resource "aws_lambda_permission" "tick" {
  statement_id  = "Tick"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.prescale.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.tick.arn
}

resource "aws_cloudwatch_metric_alarm" "failures" {
  alarm_name          = "prescale-failures"
  alarm_description   = "Three ticks of prescale failed within five minutes"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.prescale.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 3
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
}

output "function" {
  description = "Name of the function"
  value       = aws_lambda_function.prescale.function_name
}
