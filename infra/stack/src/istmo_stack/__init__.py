"""The local stack: real Kafka, PostgreSQL and Valkey as child processes, and the platform's services above them."""
