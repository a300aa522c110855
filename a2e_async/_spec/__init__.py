"""What the generated modules declare: operations, fields, rules. Sends nothing."""
