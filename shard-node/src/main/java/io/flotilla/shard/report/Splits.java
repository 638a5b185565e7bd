package io.flotilla.shard.report;

import com.google.protobuf.ByteString;
import io.flotilla.proto.kv.Command;
import io.flotilla.proto.kv.SplitEntry;
import io.flotilla.proto.map.Partitioning;
import io.flotilla.proto.map.Replica;
import io.flotilla.proto.map.Shard;
import io.flotilla.proto.placement.SplitOrder;
import io.flotilla.raft.port.StorageException;
import io.flotilla.shard.host.HostedShard;
import io.flotilla.shard.host.ShardHost;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Obeys placement's orders to cut shards in two, where this node leads them. What does not succeed
 * is ordered again with the answer to the next report; what did is not, once the shard's next
 * version is reported. For the control thread.
 */
final class Splits {
  private static final Logger LOG = LoggerFactory.getLogger(Splits.class);

  private final ShardHost host;
  private final Keyspaces keyspaces;
  private final Proposals proposals;
  private final Refused refused;

  Splits(ShardHost host, Keyspaces keyspaces, Proposals proposals, Refused refused) {
    this.host = host;
    this.keyspaces = keyspaces;
    this.proposals = proposals;
    this.refused = refused;
  }

  /**
   * Begins what is to be done. Blocks on the disk where the middle of the data is to be found.
   *
   * @throws StorageException if the disk fails
   */
  void obey(List<SplitOrder> orders) throws StorageException {
    for (SplitOrder order : orders) {
      Optional<HostedShard> led = host.hosted(order.getShard().getId()).filter(HostedShard::leads);
      if (led.isPresent()
          && !proposals.isBusy(order.getShard().getId())
          && !refused.contains(order.getJob())) {
        split(led.get(), order);
      }
    }
  }

  private void split(HostedShard shard, SplitOrder order) throws StorageException {
    Shard now = shard.descriptor();
    if (!now.getEpoch().equals(order.getShard().getEpoch())) {
      LOG.debug("job {} is of another epoch of shard {}", order.getJob(), now.getId());
      return;
    }
    Optional<Partitioning> partitioning = keyspaces.partitioning(now.getKeyspace());
    if (partitioning.isEmpty()) {
      LOG.debug("job {} waits for the map to show keyspace {}", order.getJob(), now.getKeyspace());
      return;
    }
    Optional<ByteString> at = cut(shard, order, partitioning.get());
    if (at.isEmpty()) {
      refuse(order, "there is no key where it could be split");
      return;
    }
    SplitEntry entry = entry(order, at.get(), leader(shard, order));
    Optional<String> refusal = shard.whyNotSplit(entry);
    if (refusal.isPresent()) {
      refuse(order, refusal.get());
      return;
    }
    proposals.propose(
        shard,
        Command.newBuilder().setSplit(entry).build(),
        "job %d: the split of shard %d".formatted(order.getJob(), now.getId()),
        why -> refuse(order, why));
  }

  private static Optional<ByteString> cut(
      HostedShard shard, SplitOrder order, Partitioning partitioning) throws StorageException {
    Shard now = shard.descriptor();
    Optional<ByteString> wanted =
        order.getAt().isEmpty() ? shard.middle() : Optional.of(order.getAt());
    if (partitioning != Partitioning.HASH) {
      return wanted;
    }
    Optional<ByteString> border = wanted.flatMap(key -> Slots.borderNear(key, now));
    // Who names a key is not given another.
    return order.getAt().isEmpty() ? border : border.filter(order.getAt()::equals);
  }

  /** The new replica on this node: its data is as new as any. */
  private static long leader(HostedShard shard, SplitOrder order) {
    long here = shard.nodeOf(shard.group().status().replica().value());
    return order.getNewReplicasList().stream()
        .filter(replica -> replica.getNode() == here)
        .mapToLong(Replica::getReplica)
        .findFirst()
        .orElse(0);
  }

  private static SplitEntry entry(SplitOrder order, ByteString at, long leader) {
    return SplitEntry.newBuilder()
        .setExpected(order.getShard().getEpoch())
        .setAt(at)
        .setNewShard(order.getNewShard())
        .addAllNewReplicas(order.getNewReplicasList())
        .setPreferredLeader(leader)
        .build();
  }

  private void refuse(SplitOrder order, String why) {
    LOG.warn("job {}: shard {} cannot be split: {}", order.getJob(), order.getShard().getId(), why);
    refused.add(order.getJob(), why);
  }
}
