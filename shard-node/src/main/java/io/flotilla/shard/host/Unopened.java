package io.flotilla.shard.host;

import io.flotilla.proto.map.Shard;
import io.flotilla.shard.kv.KvStateMachine;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Shards that were cut off from others here, and not opened yet: as many as orders to split may be
 * under way. Any thread may look; apply threads add, and who opens takes.
 */
final class Unopened implements KvStateMachine.CutOffs {
  private final Map<Long, Shard> descriptors = new ConcurrentHashMap<>();
  private final Queue<CutOff> queue = new ConcurrentLinkedQueue<>();
  private final Runnable told;

  /** A shard whose state is there. */
  record CutOff(long shard, long generation) {}

  /**
   * @param told when there is one to be opened; must not block
   */
  Unopened(Runnable told) {
    this.told = told;
  }

  @Override
  public void begins(Shard cutOff) {
    descriptors.put(cutOff.getId(), cutOff);
  }

  @Override
  public void happened(long shard, long generation) {
    queue.add(new CutOff(shard, generation));
    told.run();
  }

  /** The next one to be opened; null if there is none. */
  @Nullable CutOff poll() {
    return queue.poll();
  }

  /** It is open, or will never be. */
  void forget(long shard) {
    descriptors.remove(shard);
  }

  /** As they were cut off. */
  Collection<Shard> descriptors() {
    return Collections.unmodifiableCollection(descriptors.values());
  }
}
