package io.flotilla.deploy.whole;

import com.google.protobuf.ByteString;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.kv.ReadReply;
import io.flotilla.proto.kv.ReadRequest;
import io.flotilla.proto.map.Partitioning;
import io.flotilla.proto.map.Shard;
import io.flotilla.router.map.KeyCodec;
import io.flotilla.rpc.RpcMethods;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A client that knows the map as it was once, and asks whom it likes by it. */
final class WrongMap {
  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  private final ShardLab lab;
  private final SimConnections connections;
  private final List<Shard> shards = new ArrayList<>();

  /** With the map of now. */
  WrongMap(ShardLab lab) {
    this.lab = lab;
    SimUser user = lab.clerk().user();
    this.connections = lab.whole().connections(user, Objects.requireNonNull(user.life()));
    for (int shard = 0; shard < ShardLab.SHARDS; shard++) {
      shards.add(MapMessages.write(lab.view().shards().get(lab.shardId(shard)).value()));
    }
  }

  /** What any of a group's nodes says that the key holds; nothing if none of them would say. */
  Optional<String> get(int key, int group) {
    Shard shard = shards.get(key % ShardLab.SHARDS);
    ReadRequest request =
        ReadRequest.newBuilder()
            .setShard(shard.getId())
            .setEpoch(shard.getEpoch())
            .addKeys(
                new KeyCodec(shard.getKeyspace(), Partitioning.RANGE)
                    .encode(ByteString.copyFrom(ShardClerk.key(key).toByteArray())))
            .build();
    for (SimNode node : lab.group(group)) {
      CompletableFuture<ReadReply> reply =
          connections.call(node.address(), RpcMethods.KV_READ, request, TIMEOUT);
      lab.await("an answer or a refusal", 2 * ShardLab.SECOND, reply::isDone);
      if (!reply.isCompletedExceptionally()) {
        return Optional.of(reply.join().getValues(0).getValue().toStringUtf8());
      }
    }
    return Optional.empty();
  }
}
