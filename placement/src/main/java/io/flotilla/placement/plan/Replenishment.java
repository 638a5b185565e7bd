package io.flotilla.placement.plan;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Gives a shard that has fewer replicas than its keyspace asks for one more, and then another, on
 * nodes that it is not on; who has fewest comes first. It stays with as many as there are nodes
 * that may take one. After the dead, for a group is better off without a voter that is gone than
 * with one that must be outvoted as well; before those that drain, for they serve.
 */
final class Replenishment implements Scheduler {
  private static final String NAME = "repair";
  private static final int NAMED_MAX = 10;

  /** One that has too few. */
  private record Shortage(Piece piece, int have, int asked) {
    String words() {
      return String.format("it has %d of %d replicas", have, asked);
    }
  }

  /** Whether some shard may yet get a replica that it lacks, and no job sees to it. */
  static boolean isWanted(Draft draft) {
    return draft.lacking().stream()
        .filter(piece -> draft.whyNot(ShardRule.TO_GET_A_REPLICA, piece).isEmpty())
        .anyMatch(
            piece ->
                draft.seats().stream()
                    .anyMatch(
                        seat ->
                            draft
                                .whyNot(TargetRule.ALWAYS, piece, Targets.NOWHERE, seat)
                                .isEmpty()));
  }

  @Override
  public void plan(Draft draft) {
    List<Shortage> shortages = shortages(draft);
    draft.foundLacking(shortages.stream().map(Shortage::piece).toList());
    shortages.forEach(shortage -> plan(draft, shortage));
    Map<Long, List<Shortage>> byNode = new TreeMap<>();
    for (Shortage shortage : shortages) {
      for (long node : shortage.piece().shard.nodes()) {
        byNode.computeIfAbsent(node, id -> new ArrayList<>()).add(shortage);
      }
    }
    // Who loses this node loses more than it may think.
    byNode.forEach((node, here) -> draft.journal().found(NAME, 0, node, () -> words(here)));
  }

  private static void plan(Draft draft, Shortage shortage) {
    Piece piece = shortage.piece();
    Optional<String> obstacle = draft.whyNot(ShardRule.TO_REPAIR, piece);
    if (obstacle.isPresent()) {
      draft
          .journal()
          .found(
              NAME,
              piece.id(),
              0,
              () -> shortage.words() + ", but shard " + piece.id() + " " + obstacle.get());
      return;
    }
    Targets.choose(NAME, draft, piece, Targets.NOWHERE)
        .ifPresentOrElse(
            target -> draft.addition(shortage.words(), piece, target),
            () -> draft.journal().found(NAME, piece.id(), 0, shortage::words));
  }

  private static String words(List<Shortage> here) {
    String named =
        here.stream()
            .limit(NAMED_MAX)
            .map(each -> "shard " + each.piece().id() + ": " + each.have() + " of " + each.asked())
            .collect(Collectors.joining(", "));
    return String.format(
        "%d of its shards have fewer replicas than are asked for (%s%s)",
        here.size(), named, here.size() > NAMED_MAX ? ", ..." : "");
  }

  /** What jobs under way bring is there already; who has fewest comes first. */
  private static List<Shortage> shortages(Draft draft) {
    Map<Integer, Integer> asked = replicasAsked(draft.view());
    return draft.pieces().stream()
        .filter(piece -> !piece.isAbsorbed())
        .map(piece -> new Shortage(piece, voters(piece), asked.getOrDefault(piece.keyspace(), 0)))
        .filter(shortage -> shortage.have() < shortage.asked())
        .sorted(
            Comparator.comparingInt(Shortage::have)
                .thenComparingLong(shortage -> shortage.piece().id()))
        .toList();
  }

  private static int voters(Piece piece) {
    int coming = piece.job().orElse(null) instanceof Move move ? move.voters() : 0;
    return Math.max(coming, piece.shard.voters());
  }

  /** By keyspace. Where nobody has said how many, as many as the shard that has most of them. */
  private static Map<Integer, Integer> replicasAsked(ClusterView view) {
    Map<Integer, Integer> asked = new HashMap<>();
    for (Revised<Keyspace> each : view.keyspaces().values()) {
      asked.put(each.value().id(), each.value().replicas());
    }
    if (!asked.containsValue(0)) {
      return asked;
    }
    Map<Integer, Integer> most = new HashMap<>();
    for (Revised<Shard> each : view.shards().values()) {
      most.merge(each.value().keyspace(), each.value().voters(), Math::max);
    }
    asked.replaceAll(
        (keyspace, replicas) -> replicas == 0 ? most.getOrDefault(keyspace, 0) : replicas);
    return asked;
  }
}
