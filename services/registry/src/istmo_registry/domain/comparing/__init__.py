"""What can be seen of two activities, field by field. What each observation weighs is data (`parameters.json`)."""
