"""Keys keep their partitions, whoever writes them."""

from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from istmo_common.kafka.partitioning import partition_of


@given(st.binary(max_size=80), st.integers(1, 64))
def test_a_key_belongs_where_every_client_of_kafka_puts_it(key: bytes, count: int) -> None:
    """The history of an activity stays in one partition and in order, also where another program wrote part of it."""
    partitions = list(range(count))
    assert DefaultPartitioner()(key, partitions, partitions) == partition_of(key, partitions, partitions)
