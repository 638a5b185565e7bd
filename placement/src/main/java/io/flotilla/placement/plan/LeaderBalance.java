package io.flotilla.placement.plan;

import io.flotilla.placement.model.EndedJob;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Transfer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Evens out how many shards nodes lead, by handing leadership to voters on nodes that are steady. A
 * few at a time, the one that helps most first.
 */
final class LeaderBalance implements Scheduler {
  private static final String NAME = "leaders";

  private record Wish(Piece piece, Seat from, Seat to) {
    int gain() {
      return from.leaders - to.leaders;
    }
  }

  @Override
  public void plan(Draft draft) {
    List<Wish> wishes = wishes(draft);
    while (!wishes.isEmpty() && draft.mayTransfer()) {
      Wish best =
          wishes.stream()
              .max(
                  Comparator.comparingInt(Wish::gain)
                      .thenComparing(wish -> wish.piece.id(), Comparator.reverseOrder()))
              .orElseThrow();
      wishes.remove(best);
      String reason =
          String.format(
              "node %d leads %d shards, node %d leads %d",
              best.from.id(), best.from.leaders, best.to.id(), best.to.leaders);
      draft.transfer(reason, best.piece, best.to.id());
    }
    explain(draft);
  }

  private static List<Wish> wishes(Draft draft) {
    List<Piece> pieces = new ArrayList<>();
    List<List<Long>> mayLead = new ArrayList<>();
    List<Long> leaders = new ArrayList<>();
    Set<Long> failed = failedBefore(draft);
    for (Piece piece : draft.pieces()) {
      if (piece.leader.isPresent() && !piece.isAbsorbed()) {
        pieces.add(piece);
        leaders.add(leaderInTheEnd(piece));
        mayLead.add(mayLead(draft, piece, failed));
      }
    }
    List<Long> better = LeaderSpread.from(mayLead, leaders);
    List<Wish> wishes = new ArrayList<>();
    for (int i = 0; i < pieces.size(); i++) {
      if (!better.get(i).equals(leaders.get(i))) {
        wishes.add(
            new Wish(
                pieces.get(i),
                draft.seat(leaders.get(i)).orElseThrow(),
                draft.seat(better.get(i)).orElseThrow()));
      }
    }
    return wishes;
  }

  private static long leaderInTheEnd(Piece piece) {
    return piece
        .job()
        .filter(Transfer.class::isInstance)
        .map(job -> ((Transfer) job).to().node())
        .orElseGet(piece.leader::orElseThrow);
  }

  /**
   * Replicas that did not take leadership over though they were asked to, not long ago. Each
   * attempt costs the shard's clients a wait.
   */
  private static Set<Long> failedBefore(Draft draft) {
    Set<Long> failed = new HashSet<>();
    for (EndedJob ended : draft.view().ended().values()) {
      if (ended.job() instanceof Transfer transfer && draft.load().failedLately(ended)) {
        failed.add(transfer.to().id());
      }
    }
    return failed;
  }

  /** Where a shard is led now, and where else it might be. */
  private static List<Long> mayLead(Draft draft, Piece piece, Set<Long> failed) {
    long now = leaderInTheEnd(piece);
    List<Long> nodes = new ArrayList<>(List.of(now));
    Optional<String> obstacle = draft.whyNot(ShardRule.TO_TRANSFER, piece);
    if (obstacle.isPresent()) {
      if (!isLeaving(piece, now)) {
        draft
            .journal()
            .found(
                NAME,
                piece.id(),
                now,
                () -> "its leader stays: shard " + piece.id() + " " + obstacle.get());
      }
      return nodes;
    }
    for (Replica replica : piece.shard.replicas()) {
      boolean steady = draft.seat(replica.node()).filter(Seat::isSteady).isPresent();
      boolean fails = failed.contains(replica.id());
      if (fails) {
        draft
            .journal()
            .found(
                NAME,
                piece.id(),
                replica.node(),
                () -> "replica " + replica.id() + " did not take leadership over before");
      }
      boolean able = replica.isVoter() && draft.load().takesPart(replica);
      if (replica.node() != now && able && steady && !fails) {
        nodes.add(replica.node());
      }
    }
    return nodes;
  }

  /** Whether its job takes the replica away: then leadership goes before it does. */
  private static boolean isLeaving(Piece piece, long node) {
    return piece.job().orElse(null) instanceof Move move && move.leaves(node, piece.shard);
  }

  private static void explain(Draft draft) {
    List<Seat> steady = draft.seats().stream().filter(Seat::isSteady).toList();
    draft.journal().found(NAME, 0, 0, () -> words(steady));
  }

  private static String words(List<Seat> steady) {
    if (steady.size() < 2) {
      return String.format("leaders are not evened out: %d nodes are steady", steady.size());
    }
    int most = steady.stream().mapToInt(seat -> seat.leaders).max().orElse(0);
    int least = steady.stream().mapToInt(seat -> seat.leaders).min().orElse(0);
    return most - least < 2
        ? String.format("leaders are even: %d to %d on each node", least, most)
        : String.format(
            "leaders are uneven: %d to %d on each node, jobs under way and planned counted; the"
                + " rest waits for them, or no replica is where it could lead",
            least, most);
  }
}
