package io.flotilla.shard.kv;

/** A client's identity for exactly-once, 128 bits, chosen by the client at random. */
record ClientId(long high, long low) implements Comparable<ClientId> {
  @Override
  public int compareTo(ClientId other) {
    int byHigh = Long.compareUnsigned(high, other.high);
    return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
  }
}
