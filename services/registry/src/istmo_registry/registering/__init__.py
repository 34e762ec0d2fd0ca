"""What operators and the desk register: partners with their keys, and organisations.

Each change writes the tables and the event that tells of it in one transaction; *relay* publishes the event.
"""
