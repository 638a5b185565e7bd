package io.flotilla.router.client;

import com.google.protobuf.ByteString;
import io.flotilla.proto.placement.ShardStatus;
import io.flotilla.proto.placement.StatusReply;
import io.flotilla.router.map.KeyCodec;
import io.flotilla.router.map.Route;
import io.flotilla.rpc.ErrorCode;
import java.util.Optional;

/**
 * Whether a wish fits the ranges of shards. Placement judges that too, and for good; but it knows
 * encoded keys only, and what is refused here is told in the caller's own.
 */
final class RangeCheck {
  private static final int SLOT_BYTES = 2;

  private final StatusReply status;

  RangeCheck(StatusReply status) {
    this.status = status;
  }

  /**
   * The encoded key to split a shard at.
   *
   * @throws KvException if there is no such shard, or it cannot be split there
   */
  ByteString splitKey(long id, Bytes at) {
    io.flotilla.proto.map.Shard shard =
        find(id)
            .map(ShardStatus::getShard)
            .orElseThrow(() -> KvException.notFound("there is no shard " + id));
    KeyCodec codec =
        status.getKeyspacesList().stream()
            .filter(known -> known.getId() == shard.getKeyspace())
            .findFirst()
            .map(KeyCodec::of)
            .orElseThrow(() -> KvException.notFound("the keyspace of shard " + id));
    if (codec.hashed() && !isSlot(at)) {
      throw new KvException(
          ErrorCode.CONFLICT,
          "a hash keyspace is split between two slots only: the two bytes of one, 0000 to 3fff");
    }
    ByteString encoded = codec.withKeyspace(at.byteString());
    boolean inside =
        Route.compare(shard.getStart(), encoded) < 0
            && (shard.getEnd().isEmpty() || Route.compare(encoded, shard.getEnd()) < 0);
    if (!inside) {
      throw new KvException(
          ErrorCode.CONFLICT,
          "key %s is not inside of shard %d, which is %s and keeps its first key"
              .formatted(at, id, range(find(id).orElseThrow())));
    }
    return encoded;
  }

  private static boolean isSlot(Bytes at) {
    return at.length() == SLOT_BYTES && (at.at(0) & 0xff) < KeyCodec.SLOTS >> 8;
  }

  private Optional<ShardStatus> find(long id) {
    return status.getShardsList().stream()
        .filter(each -> each.getShard().getId() == id)
        .findFirst();
  }

  /**
   * As the bounds of {@link ClusterStatus.Shard} are given; nothing at the ends of the keyspace.
   */
  private String range(ShardStatus shard) {
    ClusterStatus.Shard read = new StatusReader(status).shard(shard);
    return "[%s, %s)"
        .formatted(
            read.start().map(Bytes::toString).orElse(""),
            read.end().map(Bytes::toString).orElse(""));
  }
}
