package io.flotilla.deploy.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.deploy.process.RunningCluster.Member;
import io.flotilla.router.client.AdminClient;
import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.Health;
import io.flotilla.router.client.Job;
import io.flotilla.router.client.KvException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** Has shards worked on, and kills who is at work, as chance wills. */
final class Operator {
  /** What is done with a shard, or with one of its nodes. */
  enum Work {
    SPLIT,
    MERGE,
    MOVE,
    TRANSFER,
    DRAIN
  }

  /** Who is killed meanwhile. */
  enum Victim {
    PLACEMENT_LEADER,
    SHARD_LEADER,
    ANY_NODE,
    GATEWAY
  }

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final RunningCluster cluster;
  private final FlotillaClient client;
  private final String keyspace;
  private final Random random;

  Operator(RunningCluster cluster, FlotillaClient client, String keyspace, Random random) {
    this.cluster = cluster;
    this.client = client;
    this.keyspace = keyspace;
    this.random = random;
  }

  ClusterStatus status() {
    return FlotillaClient.await(client.admin().status());
  }

  List<ClusterStatus.Shard> shards() {
    return status().shards().stream().filter(shard -> shard.keyspace().equals(keyspace)).toList();
  }

  /** The id of the last of the jobs that are over; 0 if none is. */
  static long newestJob(ClusterStatus status) {
    return status.ended().stream().mapToLong(over -> over.job().id()).max().orElse(0);
  }

  /** Jobs that are over and began after that one. */
  static List<Job.Ended> endedSince(long job, ClusterStatus status) {
    return status.ended().stream().filter(over -> over.job().id() > job).toList();
  }

  /** Of which kind the jobs of some work are. */
  static Job.Kind kind(Work work) {
    return switch (work) {
      case SPLIT -> Job.Kind.SPLIT;
      case MERGE -> Job.Kind.MERGE;
      case MOVE, DRAIN -> Job.Kind.MOVE;
      case TRANSFER -> Job.Kind.TRANSFER;
    };
  }

  /** In any order. */
  List<ClusterStatus.Shard> shardsShuffled() {
    List<ClusterStatus.Shard> all = new ArrayList<>(shards());
    Collections.shuffle(all, random);
    return all;
  }

  /**
   * Returns when placement has taken it for a job.
   *
   * @return whether it has, or may have: what stands in its way may be what it does by itself
   */
  boolean begin(Work work, ClusterStatus.Shard shard) {
    AdminClient admin = client.admin();
    long node = shard.replicas().get(random.nextInt(shard.replicas().size())).node();
    try {
      CompletableFuture<?> taken =
          switch (work) {
            case SPLIT -> admin.splitShard(shard.id(), Optional.empty(), false);
            case MERGE -> admin.mergeShard(shard.id(), OptionalLong.empty(), false);
            case MOVE -> admin.moveReplica(shard.id(), node, OptionalLong.empty(), false);
            case TRANSFER -> admin.transferLeader(shard.id(), OptionalLong.empty(), false);
            case DRAIN -> admin.drainNode(node, false);
          };
      FlotillaClient.await(taken);
      return true;
    } catch (KvException refused) {
      return refused.outcomeUnknown();
    }
  }

  /** What was to be emptied may be filled again. */
  void undrainAll() {
    List<CompletableFuture<?>> asked = new ArrayList<>();
    for (ClusterStatus.Node node : status().nodes()) {
      if (node.draining()) {
        asked.add(client.admin().undrainNode(node.id()));
      }
    }
    asked.forEach(FlotillaClient::await);
  }

  /** The process that is it now; of a shard without a leader, one that holds it. */
  Member find(Victim victim, ClusterStatus.Shard shard) {
    return switch (victim) {
      case PLACEMENT_LEADER -> placementLeader();
      case SHARD_LEADER -> {
        long held = shard.replicas().get(0).node();
        OptionalLong leads =
            shards().stream()
                .filter(now -> now.id() == shard.id())
                .findFirst()
                .map(ClusterStatus.Shard::leaderNode)
                .orElse(OptionalLong.empty());
        yield cluster.node(client, leads.orElse(held));
      }
      case ANY_NODE -> any("node");
      case GATEWAY -> any("gateway");
    };
  }

  private Member placementLeader() {
    String address =
        await()
            .atMost(PATIENCE)
            .until(
                () ->
                    status().members().stream()
                        .filter(ClusterStatus.Member::leader)
                        .findFirst()
                        .map(ClusterStatus.Member::address)
                        .orElse(""),
                found -> !found.isEmpty());
    return cluster.members().stream()
        .filter(member -> member.ready().equals(address))
        .findFirst()
        .orElseThrow();
  }

  private Member any(String role) {
    List<Member> all =
        cluster.members().stream().filter(member -> member.role().equals(role)).toList();
    return all.get(random.nextInt(all.size()));
  }

  /** Returns when no job is under way and nothing is amiss; nobody is asked to help. */
  void awaitRest() {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              ClusterStatus now = status();
              assertThat(now.jobs()).as("jobs under way").isEmpty();
              assertThat(now.health().level())
                  .as("%s", now.health())
                  .isEqualTo(Health.Level.HEALTHY);
            });
  }

  /** The shards are all of the keyspace, each on three nodes. */
  void checkMap() {
    List<ClusterStatus.Shard> all = new ArrayList<>(shards());
    all.sort((a, b) -> key(a.start()).compareTo(key(b.start())));
    String end = "";
    for (ClusterStatus.Shard shard : all) {
      assertThat(key(shard.start())).as("start of %s", shard).isEqualTo(end);
      end = key(shard.end());
      assertThat(shard.replicas()).extracting(ClusterStatus.Replica::node).hasSize(3);
      assertThat(shard.replicas()).extracting(ClusterStatus.Replica::node).doesNotHaveDuplicates();
    }
    assertThat(end).as("the end of the last").isEmpty();
  }

  private static String key(Optional<Bytes> key) {
    return key.map(Bytes::asHex).orElse("");
  }
}
