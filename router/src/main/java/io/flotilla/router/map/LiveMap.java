package io.flotilla.router.map;

import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.Leader;
import io.flotilla.proto.placement.MapUpdate;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The map as it is now. Any thread may read and change it; nothing blocks. */
public final class LiveMap {
  private volatile ShardMap current = ShardMap.EMPTY;
  private final LeaderHints leaders = new LeaderHints();
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  /** Hears of changes, on the thread that made them; must not block. */
  public interface Listener {
    /** Shards, nodes or keyspaces have changed. */
    void onMap(ShardMap map);

    /** Placement names a new leader for a shard. */
    void onLeader(long shard);
  }

  public ShardMap current() {
    return current;
  }

  public LeaderHints leaders() {
    return leaders;
  }

  public void listen(Listener listener) {
    listeners.add(listener);
  }

  /** Takes in what placement says. */
  public void update(MapUpdate update) {
    change(map -> map.updatedBy(update));
    for (Leader leader : update.getLeadersList()) {
      @Nullable String address = leader.getNode() == 0 ? "" : current.address(leader.getNode());
      if (address != null && leaders.reported(leader.getShard(), address, leader.getTerm())) {
        listeners.forEach(listener -> listener.onLeader(leader.getShard()));
      }
    }
  }

  /** Takes in descriptors from a node's answer. Whether any of them was news. */
  public boolean learn(List<Shard> shards) {
    return change(map -> map.taught(shards));
  }

  private boolean change(UnaryOperator<ShardMap> change) {
    final ShardMap after;
    synchronized (this) { // Writers only: one copies what the other has written.
      ShardMap before = current;
      after = change.apply(before);
      if (after == before) {
        return false;
      }
      current = after;
    }
    listeners.forEach(listener -> listener.onMap(after));
    return true;
  }
}
