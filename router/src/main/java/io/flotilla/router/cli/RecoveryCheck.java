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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Whether shards that were recovered serve again: each is led by one of its new members, with none
 * of those that were left out among them, and a linearizable read of one of its keys is answered.
 * That takes a majority of them, and an entry of their own that is committed. Who leads is not
 * asked, nor how far anybody's log goes: under load both differ from one look to the next. One
 * thread, which blocks.
 */
final class RecoveryCheck {
  private static final long LOOK_EVERY_MILLIS = 500;
  private static final int SLOT_BYTES = 2;

  /** Those that are answered are told soon, whoever is not. */
  private static final Duration ROUND_MAX = Duration.ofSeconds(5);

  private final FlotillaClient client;
  private final Consumer<String> progress;
  private final Set<Long> serving = new HashSet<>();
  private final Set<Long> givenUp = new HashSet<>();
  private Optional<ClusterStatus> seen = Optional.empty();
  private String said = "";

  /**
   * @param progress told in words, for people
   */
  RecoveryCheck(FlotillaClient client, Consumer<String> progress) {
    this.client = client;
    this.progress = progress;
  }

  /** Ids of shards that serve again. */
  Set<Long> serving() {
    return serving;
  }

  /** Ids of shards whose recovery placement has given up, for their group was alive. */
  Set<Long> givenUp() {
    return givenUp;
  }

  /** What placement said last; nothing if it has not answered. */
  Optional<ClusterStatus> seen() {
    return seen;
  }

  /** Returns when each serves or was given up, or the time is over. */
  void await(List<LostShard> recovered, Duration longest) throws InterruptedException {
    long deadline = System.nanoTime() + longest.toNanos();
    while (true) {
      look(recovered, deadline);
      if (serving.size() + givenUp.size() == recovered.size()) {
        return;
      }
      if (System.nanoTime() - deadline > 0) {
        progress.accept("flotilla: not all in time; job list shows what is under way");
        return;
      }
      Thread.sleep(LOOK_EVERY_MILLIS);
    }
  }

  private void look(List<LostShard> recovered, long deadline) {
    ClusterStatus status;
    try {
      status = FlotillaClient.await(client.admin().status());
    } catch (KvException notNow) {
      say(String.valueOf(notNow.getMessage()));
      return;
    }
    seen = Optional.of(status);
    List<LostShard> open =
        recovered.stream()
            .filter(lost -> !serving.contains(lost.shard()) && !givenUp.contains(lost.shard()))
            .toList();
    serving.addAll(readable(open, status, deadline));
    for (LostShard lost : open) {
      if (!serving.contains(lost.shard())) {
        whyGivenUp(lost, status)
            .ifPresent(
                why -> {
                  givenUp.add(lost.shard());
                  progress.accept("shard " + lost.shard() + ": " + why);
                });
      }
    }
    say(serving.size() + " of " + recovered.size() + " shards serve again");
  }

  private void say(String what) {
    if (!what.equals(said)) {
      said = what;
      progress.accept(what);
    }
  }

  private static Optional<String> whyGivenUp(LostShard lost, ClusterStatus status) {
    if (status.jobs().stream().anyMatch(job -> job.shard() == lost.shard())) {
      return Optional.empty();
    }
    return status.ended().stream()
        .filter(ended -> ended.job().kind() == Job.Kind.RECOVERY)
        .filter(ended -> ended.job().shard() == lost.shard())
        .reduce((one, later) -> later)
        .filter(last -> last.end() != Job.End.DONE)
        .map(Job.Ended::why);
  }

  /** All are asked at once, and no longer than there is time: one may not answer at all. */
  private List<Long> readable(List<LostShard> open, ClusterStatus status, long deadline) {
    Duration left = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
    Duration timeout = left.compareTo(ROUND_MAX) < 0 ? left : ROUND_MAX;
    Map<Long, CompletableFuture<Optional<Bytes>>> answers = new LinkedHashMap<>();
    for (LostShard lost : open) {
      status.shards().stream()
          .filter(shard -> shard.id() == lost.shard() && isLedByNewMember(shard, lost))
          .forEach(shard -> answers.put(shard.id(), read(shard, status, timeout)));
    }
    return answers.entrySet().stream()
        .filter(each -> isAnswered(each.getKey(), each.getValue()))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** A replica that was left out never comes back under its id: without any, the epoch is new. */
  private static boolean isLedByNewMember(ClusterStatus.Shard shard, LostShard lost) {
    Set<Long> leftOut = new HashSet<>();
    lost.replicas().forEach(replica -> leftOut.add(replica.id()));
    leftOut.remove(lost.survivor());
    return shard.replicas().stream().noneMatch(replica -> leftOut.contains(replica.id()))
        && shard.replicas().stream()
            .anyMatch(replica -> replica.node() == shard.leaderNode().orElse(0));
  }

  private CompletableFuture<Optional<Bytes>> read(
      ClusterStatus.Shard shard, ClusterStatus status, Duration timeout) {
    return client.keyspace(shard.keyspace()).withTimeout(timeout).get(keyIn(shard, status));
  }

  private boolean isAnswered(long shard, CompletableFuture<?> answer) {
    try {
      FlotillaClient.await(answer);
      return true;
    } catch (KvException notYet) {
      progress.accept("shard " + shard + ": " + notYet.getMessage());
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
