package io.flotilla.router.cli;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.ClusterStatus;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.HashSlot;
import io.flotilla.router.client.Job;
import io.flotilla.router.client.KvException;
import io.flotilla.router.client.Losses.LostShard;
import io.flotilla.router.client.Partitioning;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Whether shards that were recovered serve again: each is led by the one replica that is left, that
 * one has applied its whole log, and a linearizable read of one of its keys is answered. One
 * thread, which blocks.
 */
final class RecoveryCheck {
  private static final long LOOK_EVERY_MILLIS = 500;
  private static final int SLOT_BYTES = 2;

  private final FlotillaClient client;
  private final Consumer<String> progress;
  private final Set<Long> serving = new HashSet<>();
  private String said = "";

  /**
   * @param progress told in words, for people
   */
  RecoveryCheck(FlotillaClient client, Consumer<String> progress) {
    this.client = client;
    this.progress = progress;
  }

  /** Whether all serve, in time. */
  boolean await(List<LostShard> recovered, Duration longest) throws InterruptedException {
    long deadline = System.nanoTime() + longest.toNanos();
    while (true) {
      ClusterStatus status = FlotillaClient.await(client.admin().status());
      for (LostShard lost : recovered) {
        if (!serving.contains(lost.shard()) && serves(lost, status)) {
          serving.add(lost.shard());
        }
      }
      say(serving.size() + " of " + recovered.size() + " shards serve again");
      List<Job.Ended> givenUp = givenUp(recovered, status);
      givenUp.forEach(each -> progress.accept("shard " + each.job().shard() + ": " + each.why()));
      if (serving.size() == recovered.size() || !givenUp.isEmpty()) {
        return givenUp.isEmpty();
      }
      if (System.nanoTime() - deadline > 0) {
        progress.accept("flotilla: not all in time; job list shows what is under way");
        return false;
      }
      Thread.sleep(LOOK_EVERY_MILLIS);
    }
  }

  private void say(String what) {
    if (!what.equals(said)) {
      said = what;
      progress.accept(what);
    }
  }

  private List<Job.Ended> givenUp(List<LostShard> recovered, ClusterStatus status) {
    return recovered.stream()
        .filter(lost -> !serving.contains(lost.shard()))
        .filter(lost -> status.jobs().stream().noneMatch(job -> job.shard() == lost.shard()))
        .flatMap(
            lost ->
                status.ended().stream()
                    .filter(ended -> ended.job().kind() == Job.Kind.RECOVERY)
                    .filter(ended -> ended.job().shard() == lost.shard())
                    .reduce((one, later) -> later)
                    .stream())
        .filter(last -> last.end() != Job.End.DONE)
        .toList();
  }

  private boolean serves(LostShard lost, ClusterStatus status) {
    Optional<ClusterStatus.Shard> shard =
        status.shards().stream().filter(each -> each.id() == lost.shard()).findFirst();
    long survivor = lost.surviving().node();
    return shard.isPresent()
        && shard.get().leaderNode().orElse(0) == survivor
        && shard.get().replicas().stream()
            .anyMatch(
                replica ->
                    replica.id() == lost.survivor()
                        && replica.reported()
                        && replica.applied() == replica.lastIndex())
        && canBeRead(shard.get(), status);
  }

  private boolean canBeRead(ClusterStatus.Shard shard, ClusterStatus status) {
    Bytes key = keyIn(shard, status);
    try {
      FlotillaClient.await(client.keyspace(shard.keyspace()).get(key));
      return true;
    } catch (KvException notYet) {
      progress.accept("shard " + shard.id() + ": " + notYet.getMessage());
      return false;
    }
  }

  /** There or not. */
  private static Bytes keyIn(ClusterStatus.Shard shard, ClusterStatus status) {
    boolean slots =
        status.keyspaces().stream()
            .anyMatch(
                keyspace ->
                    keyspace.name().equals(shard.keyspace())
                        && keyspace.partitioning() == Partitioning.HASH);
    if (!slots) {
      return shard.start().orElse(Bytes.of(new byte[] {0}));
    }
    int first = shard.start().map(RecoveryCheck::slot).orElse(0);
    int end = shard.end().map(RecoveryCheck::slot).orElse(HashSlot.COUNT);
    int number = 0;
    while (true) {
      Bytes key = Bytes.utf8(Integer.toString(number++));
      if (HashSlot.of(key) >= first && HashSlot.of(key) < end) {
        return key;
      }
    }
  }

  private static int slot(Bytes bound) {
    return Integer.parseInt(bound.asHex().substring(0, 2 * SLOT_BYTES), 16);
  }
}
