package io.flotilla.deploy.whole;

import com.google.protobuf.ByteString;
import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.map.Partitioning;
import io.flotilla.proto.map.Shard;
import io.flotilla.router.map.KeyCodec;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** The shards of a keyspace hold each of its keys once. */
final class Tiling {
  private Tiling() {}

  /** Of all keyspaces of the map. */
  static void check(ClusterView view) {
    List<Shard> shards =
        view.shards().values().stream().map(shard -> MapMessages.write(shard.value())).toList();
    view.keyspaces().keySet().forEach(keyspace -> check("the map", keyspace, shards));
  }

  /**
   * @param whose word it is, for people
   * @param shards of any keyspaces
   */
  static void check(String whose, int keyspace, Collection<Shard> shards) {
    List<Shard> own =
        shards.stream()
            .filter(shard -> shard.getKeyspace() == keyspace)
            .sorted(
                Comparator.comparing(
                    Shard::getStart, ByteString.unsignedLexicographicalComparator()))
            .toList();
    KeyCodec codec = new KeyCodec(keyspace, Partitioning.RANGE); // or HASH: the same bounds
    ByteString end = codec.start();
    for (Shard shard : own) {
      if (!shard.getStart().equals(end)) {
        throw new AssertionError(
            "TILING: shard %d does not begin where the one before it ends by %s: %s"
                .formatted(shard.getId(), whose, own));
      }
      end = shard.getEnd();
    }
    if (!end.equals(codec.end())) {
      throw new AssertionError("TILING: shards end early by " + whose + ": " + own);
    }
  }
}
