package io.flotilla.deploy.whole;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Recovery;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.raft.sim.Chance;
import io.flotilla.raft.sim.FaultKind;
import io.flotilla.raft.sim.World;
import io.flotilla.router.client.AdminClient;
import io.flotilla.router.client.KvException;
import io.flotilla.router.client.Losses;
import io.flotilla.shard.host.HostedShard;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An operator who asks which shards have lost their majority for good, and has them recovered, as
 * {@code flotilla shard recover --unsafe} does, again and again until none is left; and then has
 * the lost nodes removed. Now and then it asks for what must be refused. One thread.
 */
final class Rescuer {
  private static final long AGAIN_MICROS = 1_000_000;

  /** What is left has not applied the last split, and would serve keys of another shard. */
  private static final Pattern OUTDATED =
      Pattern.compile(
          "shard (\\d+) cannot be recovered: .* is of before its last split or merge.*");

  /** Its part of a split that nobody who is left has applied. */
  private static final Pattern NOTHING_LEFT =
      Pattern.compile("shard (\\d+) cannot be recovered: no replica that has a vote is left.*");

  /** Of a replica that has left, and the map does not know: see README, "How to operate it". */
  private static final Pattern UNSAID =
      Pattern.compile("shard \\d+ is not lost for good: node (\\d+) has not said yet.*");

  private static final int UNSAID_MAX = 10;

  private final WholeCluster whole;
  private final World world;
  private final Chance chance;
  private final AdminClient admin;
  private final Set<Long> beyond = new TreeSet<>();
  private final Set<Long> removed = new TreeSet<>();

  /** How often in a row a node had not said what it holds. */
  private final Map<Long, Integer> unsaid = new TreeMap<>();

  private List<String> obstacles = List.of("nobody has asked");
  private boolean nothingIsLost;

  Rescuer(WholeCluster whole, AdminClient admin) {
    this.whole = whole;
    this.world = whole.world();
    this.chance = world.chance().fork();
    this.admin = admin;
  }

  void begin() {
    if (chance.happens(0.3)) {
      wantTooMuch();
    }
    ask("losses", admin.losses(List.of()), this::found);
  }

  private void found(Losses losses) {
    obstacles = losses.obstacles();
    beyond.clear();
    for (String words : obstacles) {
      numberIn(OUTDATED, words).filter(this::isOutdated).ifPresent(beyond::add);
      numberIn(NOTHING_LEFT, words).filter(shard -> left(shard).isEmpty()).ifPresent(beyond::add);
    }
    beginAnewWhoSaysNothing();
    nothingIsLost = losses.shards().isEmpty();
    if (!nothingIsLost) {
      ask("recover", admin.recoverShards(losses.shards()), jobs -> {});
    }
    if (!isOver()) {
      world.clock().after(AGAIN_MICROS, this::begin);
    }
  }

  private void beginAnewWhoSaysNothing() {
    Set<Long> nodes = new HashSet<>();
    obstacles.forEach(words -> numberIn(UNSAID, words).ifPresent(nodes::add));
    unsaid.keySet().retainAll(nodes);
    for (long node : nodes) {
      if (unsaid.merge(node, 1, Integer::sum) == UNSAID_MAX) {
        whole.nodes().stream().filter(each -> each.node() == node).forEach(this::beginAnew);
      }
    }
  }

  private void beginAnew(SimNode node) {
    if (node.isUp()) {
      world.counts().add(FaultKind.CRASH);
      node.crash();
      node.start();
    }
  }

  private static Optional<Long> numberIn(Pattern pattern, String words) {
    Matcher matcher = pattern.matcher(words);
    return matcher.matches() ? Optional.of(Long.parseLong(matcher.group(1))) : Optional.empty();
  }

  /** Of what the map names, all that have a vote and a state: else they only were told it. */
  private List<HostedShard> left(long shard) {
    ClusterView view = whole.newestView().orElseThrow();
    return whole.nodes().stream()
        .filter(node -> view.shard(shard).orElseThrow().replicaOn(node.node()).isPresent())
        .flatMap(node -> node.shards().stream())
        .filter(each -> each.descriptor().getId() == shard)
        .map(each -> Map.entry(each, each.group().status()))
        .filter(each -> each.getValue().appliedIndex() > 0)
        .filter(each -> each.getValue().membership().isVoter(each.getValue().replica()))
        .map(Map.Entry::getKey)
        .toList();
  }

  private boolean isOutdated(long shard) {
    long version = whole.newestView().orElseThrow().shard(shard).orElseThrow().epoch().version();
    return left(shard).stream()
        .allMatch(each -> each.descriptor().getEpoch().getVersion() < version);
  }

  /** Whether all that can be recovered was. */
  boolean isOver() {
    ClusterView view = whole.newestView().orElseThrow();
    return nothingIsLost
        && obstacles.size() == beyond.size()
        && view.jobs().values().stream().noneMatch(job -> job instanceof Recovery)
        && view.shardsSince(0).stream()
            .allMatch(shard -> serves(shard) || beyond.contains(shard.id()));
  }

  /** By the map, and by what its group has said last, which the map may not know. */
  private boolean serves(Shard shard) {
    var told = whole.judges().owners().pasts().newest().get(shard.id());
    return hasMajority(shard) && (told == null || hasMajority(MapMessages.read(told)));
  }

  List<String> obstacles() {
    return obstacles;
  }

  /** Ids of shards whose remains placement refuses to use. */
  Set<Long> beyond() {
    return beyond;
  }

  private boolean hasMajority(Shard shard) {
    return shard.hasMajority(
        replica ->
            whole.nodes().stream()
                .anyMatch(node -> node.node() == replica.node() && !node.isDead()));
  }

  /** A shard whose majority is there, by the map and by itself, is not for anybody to cut down. */
  private void wantTooMuch() {
    LostPasts pasts = whole.judges().owners().pasts();
    List<Losses.LostShard> healthy = new ArrayList<>();
    ClusterView view = whole.newestView().orElseThrow();
    for (Shard shard : view.shardsSince(0)) {
      boolean isAlive =
          serves(shard)
              && !pasts.hasRecovered(shard.id())
              && !(view.jobOf(shard.id()).orElse(null) instanceof Recovery);
      if (isAlive) {
        Replica any = shard.replicas().get(chance.below(shard.replicas().size()));
        healthy.add(new Losses.LostShard(shard.id(), List.of(), any.id()));
      }
    }
    if (!healthy.isEmpty()) {
      Losses.LostShard one = healthy.get(chance.below(healthy.size()));
      answered(
          "too much",
          admin.recoverShards(List.of(one)),
          (granted, failure) -> {
            if (failure == null) {
              throw new AssertionError(
                  "NOT LOST: placement recovers " + one + ", whose majority is there: " + granted);
            }
          });
    }
  }

  /** Until placement grants it. */
  void remove(SimNode lost) {
    if (lost.node() == 0) {
      removed.add((long) lost.id());
      return;
    }
    answered(
        "remove",
        admin.removeNode(lost.node()),
        (granted, failure) -> {
          boolean gone = whole.newestView().orElseThrow().node(lost.node()).isEmpty();
          if (failure == null || gone) {
            removed.add((long) lost.id());
          } else {
            world.clock().after(AGAIN_MICROS, () -> remove(lost));
          }
        });
  }

  /** Whether placement knows the node no more. */
  boolean hasRemoved(SimNode lost) {
    return removed.contains((long) lost.id());
  }

  private <T> void ask(String what, CompletableFuture<T> answer, Consumer<T> then) {
    answered(
        what,
        answer,
        (given, failure) -> {
          if (given != null) {
            then.accept(given);
          } else if (what.equals("losses")) {
            world.clock().after(AGAIN_MICROS, this::begin);
          }
        });
  }

  private <T> void answered(
      String what, CompletableFuture<T> answer, BiConsumer<@Nullable T, @Nullable Throwable> then) {
    answer.whenComplete(
        (given, failure) ->
            world
                .clock()
                .after(
                    0,
                    () -> {
                      if (failure != null && !(failure instanceof KvException)) {
                        throw new AssertionError("SDK: " + what + " failed otherwise", failure);
                      }
                      world
                          .trace()
                          .add(
                              "rescuer",
                              0,
                              what.hashCode(),
                              failure == null ? 1 : 0,
                              () -> what + ": " + (failure == null ? given : failure));
                      then.accept(given, failure);
                    }));
  }

  void count() {
    beyond.forEach(shard -> world.counts().add(FaultKind.BEYOND_RECOVERY));
  }
}
