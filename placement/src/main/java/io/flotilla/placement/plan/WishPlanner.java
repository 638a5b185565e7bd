package io.flotilla.placement.plan;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.Keyspace;
import io.flotilla.placement.model.Merge;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Partitioning;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.model.Split;
import io.flotilla.placement.model.Transfer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Jobs that somebody asks for by hand. They obey the same rules as those that placement plans, but
 * for its patience: nothing is too much at once.
 */
public final class WishPlanner {
  private static final String ASKED_FOR = "asked for";

  private final Draft draft;

  public WishPlanner(ClusterView view, LoadView load) {
    this.draft = new Draft(view, load, Policy.DEFAULT.atOnce(), Journal.NONE);
  }

  /**
   * Plans one move.
   *
   * @param fromNode a node that holds a replica of the shard
   * @param toNode 0 to choose one as {@link Targets} does
   * @return a move with id 0; or the one under way, if that is what is wished for
   * @throws PlanRefusedException if it cannot be done, saying which rule forbids it
   */
  public Move move(long shardId, long fromNode, long toNode) throws PlanRefusedException {
    Piece piece = piece(shardId);
    seat(fromNode);
    Replica leaving =
        piece
            .shard
            .replicaOn(fromNode)
            .orElseThrow(
                () ->
                    new PlanRefusedException(
                        "shard " + shardId + " has no replica on node " + fromNode));
    refuseIfLearner(leaving, shardId);
    Optional<Job> underWay = piece.job();
    if (underWay.isPresent()) {
      if (underWay.get() instanceof Move move
          && move.from() == leaving.id()
          && (toNode == 0 || toNode == move.to().node())) {
        return move;
      }
      throw new PlanRefusedException(underWay.get().isInTheWay());
    }
    return draft.move(ASKED_FOR, piece, fromNode, target(piece, fromNode, toNode));
  }

  /** Nobody is taken in for one that has no vote; and while that was tried, it would not leave. */
  private static void refuseIfLearner(Replica leaving, long shard) throws PlanRefusedException {
    if (leaving.role() == Replica.Role.LEARNER) {
      throw new PlanRefusedException(
          String.format(
              "replica %d of shard %d on node %d only learns: it gets its vote or is removed by"
                  + " itself",
              leaving.id(), shard, leaving.node()));
    }
  }

  private Seat target(Piece piece, long fromNode, long toNode) throws PlanRefusedException {
    if (toNode == 0) {
      List<Seat> allowed =
          draft.seats().stream()
              .filter(seat -> draft.whyNot(TargetRule.ALWAYS, piece, fromNode, seat).isEmpty())
              .toList();
      return Targets.best(draft, piece, fromNode, allowed)
          .orElseThrow(
              () ->
                  new PlanRefusedException(
                      "every other node holds a replica of shard "
                          + piece.id()
                          + ", is silent or is draining; add a node"));
    }
    Seat seat = seat(toNode);
    Optional<String> why = draft.whyNot(TargetRule.ALWAYS, piece, fromNode, seat);
    if (why.isPresent()) {
      throw new PlanRefusedException("node " + toNode + " " + why.get());
    }
    return seat;
  }

  /**
   * Plans one split.
   *
   * @param at encoded key where the new shard is to begin; empty: in the middle of the data
   * @throws PlanRefusedException if it cannot be done
   */
  public Split split(long shardId, KeyBytes at) throws PlanRefusedException {
    Piece piece = piece(shardId);
    refuseIf(draft.whyNot(ShardRule.TO_SPLIT, piece), shardId);
    Shard shard = piece.shard;
    refuseIfLong(at);
    if (!at.isEmpty() && isHash(shard) && !Slots.isBorder(at)) {
      throw new PlanRefusedException("a hash keyspace is split between two slots only");
    }
    if (!at.isEmpty() && !shard.range().canBeCutAt(at)) {
      throw new PlanRefusedException(
          String.format(
              "key %s is not inside of shard %d, which is %s and keeps its first key",
              at, shardId, shard.range()));
    }
    return draft.split(ASKED_FOR, piece, at);
  }

  /** It stays in the map, which everybody is sent, for as long as the shards are. */
  private static void refuseIfLong(KeyBytes at) throws PlanRefusedException {
    int bytes = at.length() - Keyspace.DEFAULT.prefix().length();
    if (bytes > KeyspaceWish.SPLIT_KEY_BYTES_MAX) {
      throw new PlanRefusedException(
          String.format(
              "the key to split at has %d bytes; allowed: up to %d",
              bytes, KeyspaceWish.SPLIT_KEY_BYTES_MAX));
    }
  }

  /**
   * Plans that a shard is absorbed by a neighbour.
   *
   * @param intoId 0: of the two neighbours, the one that fits, the left one rather
   * @return a merge with id 0; or the one under way, if that is what is wished for
   * @throws PlanRefusedException if it cannot be done
   */
  public Merge merge(long shardId, long intoId) throws PlanRefusedException {
    Piece piece = piece(shardId);
    if (intoId == shardId) {
      throw new PlanRefusedException("shard " + shardId + " cannot be merged into itself");
    }
    if (piece.job().orElse(null) instanceof Merge merge
        && merge.shard() == shardId
        && (intoId == 0 || intoId == merge.into())) {
      return merge;
    }
    List<Piece> choice = intoId == 0 ? neighbours(piece) : List.of(piece(intoId));
    List<String> against = new ArrayList<>();
    for (Piece into : choice) {
      Optional<String> why = draft.whyNotMerge(MergeRule.ALWAYS, piece, into);
      if (why.isEmpty()) {
        return draft.merge(ASKED_FOR, piece, into);
      }
      against.add(
          String.format(
              "shards %d and %d %s%s", shardId, into.id(), why.get(), alignment(piece, into)));
    }
    throw new PlanRefusedException(
        against.isEmpty()
            ? "shard " + shardId + " is the only one of its keyspace"
            : String.join("; ", against));
  }

  /** In the order of their keys. */
  private List<Piece> neighbours(Piece piece) {
    return draft.pieces().stream()
        .filter(other -> other.keyspace() == piece.keyspace())
        .filter(other -> other.shard.range().isNextTo(piece.shard.range()))
        .sorted(Comparator.comparing(other -> other.shard.range().start()))
        .toList();
  }

  /** Which moves would bring two neighbours onto the same nodes. */
  private static String alignment(Piece piece, Piece into) {
    List<Long> leave = new ArrayList<>(piece.shard.nodes());
    leave.removeAll(into.shard.nodes());
    List<Long> come = new ArrayList<>(into.shard.nodes());
    come.removeAll(piece.shard.nodes());
    boolean neighbours =
        piece.keyspace() == into.keyspace() && piece.shard.range().isNextTo(into.shard.range());
    if (!neighbours || leave.isEmpty() || leave.size() != come.size()) {
      return "";
    }
    List<String> moves = new ArrayList<>();
    for (int i = 0; i < leave.size(); i++) {
      moves.add(
          String.format("shard move %d --from %d --to %d", piece.id(), leave.get(i), come.get(i)));
    }
    return " (to bring them together: " + String.join(", then ", moves) + ")";
  }

  private boolean isHash(Shard shard) {
    return Optional.ofNullable(draft.view().keyspaces().get(shard.keyspace()))
        .map(Revised::value)
        .map(Keyspace::partitioning)
        .filter(Partitioning.HASH::equals)
        .isPresent();
  }

  /**
   * Plans that another replica leads.
   *
   * @param toNode 0: of those that may and do not drain, the steady ones rather, the one that leads
   *     least
   * @throws PlanRefusedException if it cannot be done
   */
  public Transfer transfer(long shardId, long toNode) throws PlanRefusedException {
    Piece piece = piece(shardId);
    refuseIf(draft.whyNot(ShardRule.TO_TRANSFER, piece), shardId);
    long now = piece.leader.orElseThrow();
    if (toNode == now) {
      throw new PlanRefusedException("node " + toNode + " leads shard " + shardId + " already");
    }
    if (toNode == 0) {
      return draft.transfer(ASKED_FOR, piece, nextLeader(piece, now).id());
    }
    Seat seat = seat(toNode);
    if (!piece.isOn(toNode)) {
      throw new PlanRefusedException(
          "node " + toNode + " has no replica of shard " + shardId + " that could lead it");
    }
    if (!seat.health.isAlive()) {
      throw new PlanRefusedException("node " + toNode + " is silent");
    }
    if (!draft.load().takesPart(piece.shard.replicaOn(toNode).orElseThrow())) {
      throw new PlanRefusedException("the replica on node " + toNode + " is lost");
    }
    return draft.transfer(ASKED_FOR, piece, toNode);
  }

  private Seat nextLeader(Piece piece, long now) throws PlanRefusedException {
    return draft.seats().stream()
        .filter(seat -> seat.id() != now && !seat.node.isDraining())
        .filter(
            seat -> piece.shard.replicaOn(seat.id()).filter(draft.load()::takesPart).isPresent())
        .min(
            Comparator.comparing(Seat::isSteady, Comparator.reverseOrder())
                .thenComparingInt(seat -> seat.leaders)
                .thenComparingLong(Seat::id))
        .orElseThrow(
            () ->
                new PlanRefusedException(
                    "no other replica of shard " + piece.id() + " is heard on a node that stays"));
  }

  private Piece piece(long shard) throws PlanRefusedException {
    return draft
        .piece(shard)
        .orElseThrow(() -> PlanRefusedException.notFound(noShard(shard, draft.view())));
  }

  /** With what has become of it, if that is known. */
  static String noShard(long id, ClusterView view) {
    return "there is no shard "
        + id
        + Optional.ofNullable(view.absorbed().get(id))
            .map(Revised::value)
            .flatMap(Shard::frozen)
            .map(frozen -> ": it was merged into shard " + frozen.into())
            .orElse("");
  }

  private Seat seat(long node) throws PlanRefusedException {
    return draft
        .seat(node)
        .orElseThrow(() -> PlanRefusedException.notFound("there is no node " + node));
  }

  private static void refuseIf(Optional<String> why, long shard) throws PlanRefusedException {
    if (why.isPresent()) {
      throw new PlanRefusedException("shard " + shard + " " + why.get());
    }
  }
}
