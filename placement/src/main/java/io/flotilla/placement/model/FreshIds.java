package io.flotilla.placement.model;

/**
 * The least ids that were never handed out. They only rise, so that no id is ever used twice.
 *
 * @param keyspace beyond the ids of {@link Keyspace#BUILT_IN}
 */
public record FreshIds(long node, long shard, long replica, int keyspace) {
  public static final FreshIds FIRST = new FreshIds(1, 1, 1, Keyspace.BUILT_IN.size() + 1);
}
