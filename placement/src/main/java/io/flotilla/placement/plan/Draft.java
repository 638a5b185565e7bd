package io.flotilla.placement.plan;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.FreshIds;
import io.flotilla.placement.model.Job;
import io.flotilla.placement.model.KeyBytes;
import io.flotilla.placement.model.Merge;
import io.flotilla.placement.model.Move;
import io.flotilla.placement.model.Node;
import io.flotilla.placement.model.Recovery;
import io.flotilla.placement.model.Replica;
import io.flotilla.placement.model.Revised;
import io.flotilla.placement.model.Shard;
import io.flotilla.placement.model.Split;
import io.flotilla.placement.model.Transfer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A plan in the making: the cluster as it will be when the jobs under way and those planned so far
 * are done. Each scheduler adds its jobs and sees what the ones before it have added, so that two
 * never undo each other's work.
 */
final class Draft {
  private final ClusterView view;
  private final LoadView load;
  private final Policy policy;
  private final Journal journal;
  private final TreeMap<Long, Seat> seats = new TreeMap<>();
  private final TreeMap<Long, Piece> pieces = new TreeMap<>();
  private final Map<Integer, Integer> shardsByKeyspace = new HashMap<>();
  private final List<Job> jobs = new ArrayList<>();
  private int transfers;
  private int splits;
  private int merges;
  private int held;
  private List<Piece> lacking = List.of();
  private @Nullable List<Neighbours> neighbours;
  private @Nullable MapRoom mapRoom;
  private long nextShard;
  private long nextReplica;

  Draft(ClusterView view, LoadView load, Policy policy, Journal journal) {
    this.view = view;
    this.load = load;
    this.policy = policy;
    this.journal = journal;
    FreshIds ids = view.freshIds();
    this.nextShard = ids.shard();
    this.nextReplica = ids.replica();
    for (Revised<Node> node : view.nodes().values()) {
      seats.put(node.value().id(), new Seat(node.value(), load.of(node.value().id())));
    }
    for (Revised<Shard> each : view.shards().values()) {
      each.value().replicas().forEach(replica -> seatIfGone(replica.node()));
    }
    Map<Long, Job> underWay = new HashMap<>();
    view.jobs().values().forEach(job -> job.shards().forEach(id -> underWay.put(id, job)));
    for (Revised<Shard> each : view.shards().values()) {
      Shard shard = each.value();
      Job job = underWay.get(shard.id());
      Piece piece = new Piece(shard, load.leaderOf(shard.id()), load.bytesOf(shard.id()), job);
      pieces.put(shard.id(), piece);
      shardsByKeyspace.merge(shard.keyspace(), 1, Integer::sum);
      shard.replicas().forEach(replica -> seat(replica.node()).ifPresent(seat -> seat.add(piece)));
      piece.leader.flatMap(this::seat).ifPresent(seat -> seat.leaders++);
    }
    for (Job job : view.jobs().values()) {
      Piece piece = pieces.get(job.shard());
      if (piece != null) {
        foresee(piece, job);
      }
    }
  }

  /**
   * A leader that had its order before the node was removed may have taken a replica in there, and
   * say so later. Such a replica never comes back, and is to be replaced.
   */
  private void seatIfGone(long node) {
    Revised<Node> gone = view.removed().get(node);
    if (gone != null) {
      seats.computeIfAbsent(node, id -> new Seat(gone.value(), LoadView.Health.DEAD));
    }
  }

  ClusterView view() {
    return view;
  }

  LoadView load() {
    return load;
  }

  Policy policy() {
    return policy;
  }

  Journal journal() {
    return journal;
  }

  List<Job> jobs() {
    return List.copyOf(jobs);
  }

  /** By id. */
  Collection<Seat> seats() {
    return seats.values();
  }

  Optional<Seat> seat(long node) {
    return Optional.ofNullable(seats.get(node));
  }

  /** By id. */
  Collection<Piece> pieces() {
    return pieces.values();
  }

  Optional<Piece> piece(long shard) {
    return Optional.ofNullable(pieces.get(shard));
  }

  /** Shards of a keyspace once all splits and merges are done. */
  int shardsOf(int keyspace) {
    return shardsByKeyspace.getOrDefault(keyspace, 0);
  }

  /**
   * Shards that have fewer replicas than are asked for, with what was under way when it was asked.
   */
  List<Piece> lacking() {
    return lacking;
  }

  void foundLacking(List<Piece> some) {
    lacking = some;
  }

  boolean mayTransfer() {
    return transfers < policy.transfersMax();
  }

  /** Planned, and under way. */
  int splits() {
    return splits;
  }

  /** Before all splits. */
  MapRoom mapRoom() {
    MapRoom known = mapRoom;
    if (known == null) {
      known = MapRoom.in(view);
      mapRoom = known;
    }
    return known;
  }

  boolean mayMerge() {
    return merges < policy.mergesMax();
  }

  /** Of a replica that goes from {@code leaving} to a node of this place that holds none yet. */
  Crowding crowding(Piece piece, long leaving, Place place) {
    int zone = 0;
    int rack = 0;
    for (Replica replica : piece.shard.replicas()) {
      Seat seat = replica.node() == leaving ? null : seats.get(replica.node());
      if (seat != null && seat.place.zone().equals(place.zone())) {
        zone++;
        rack += seat.place.equals(place) ? 1 : 0;
      }
    }
    return new Crowding(zone, rack);
  }

  Optional<String> whyNot(List<ShardRule> rules, Piece piece) {
    return Rule.firstOf(rules, new ShardRule.Subject(this, piece));
  }

  Optional<String> whyNot(List<TargetRule> rules, Piece piece, long leaving, Seat target) {
    return Rule.firstOf(rules, new TargetRule.Subject(this, piece, leaving, target));
  }

  Optional<String> whyNotMerge(List<MergeRule> rules, Piece piece, Piece into) {
    return Rule.firstOf(rules, new MergeRule.Subject(this, piece, into));
  }

  /** Plans to move a shard's replica off {@code leaving}. */
  Move move(String reason, Piece piece, long leaving, Seat target) {
    long from = piece.shard.replicaOn(leaving).orElseThrow().id();
    Replica to = new Replica(target.id(), nextReplica++, Replica.Role.VOTER);
    return add(piece, new Move(0, piece.id(), from, to, reason));
  }

  /** Plans that a shard goes on without its replica on {@code leaving}. */
  Move leaveOut(String reason, Piece piece, long leaving) {
    Replica lost = piece.shard.replicaOn(leaving).orElseThrow();
    return add(piece, new Move(0, piece.id(), lost.id(), lost, reason));
  }

  /** Plans that a shard gets one replica more than it has. */
  Move addition(String reason, Piece piece, Seat target) {
    Replica to = new Replica(target.id(), nextReplica++, Replica.Role.VOTER);
    return add(piece, new Move(0, piece.id(), 0, to, piece.shard.voters() + 1, reason));
  }

  Transfer transfer(String reason, Piece piece, long to) {
    Replica replica = piece.shard.replicaOn(to).orElseThrow();
    return add(piece, new Transfer(0, piece.id(), replica, reason));
  }

  /**
   * @param at empty: where the leader finds the middle of the data
   */
  Split split(String reason, Piece piece, KeyBytes at) {
    List<Replica> replicas = new ArrayList<>();
    for (Replica replica : piece.shard.replicas()) {
      replicas.add(new Replica(replica.node(), nextReplica++, replica.role()));
    }
    return add(
        piece, new Split(0, piece.id(), piece.shard.epoch(), at, nextShard++, replicas, reason));
  }

  /** Plans that a shard is absorbed by its neighbour. */
  Merge merge(String reason, Piece piece, Piece into) {
    Merge merge =
        new Merge(0, piece.id(), piece.shard.epoch(), into.id(), into.shard.epoch(), reason);
    into.take(merge);
    return add(piece, merge);
  }

  /** All of them, in the order of keyspaces and keys. */
  List<Neighbours> neighbours() {
    List<Neighbours> known = neighbours;
    if (known == null) {
      known = Neighbours.among(pieces.values());
      neighbours = known;
    }
    return known;
  }

  /** As many as may be merged: what was held before is not let go because others are merged. */
  boolean mayHold() {
    return held < policy.mergesMax();
  }

  /** Keeps two together that are to be merged as soon as they can be. */
  void hold(Neighbours pair) {
    pair.lighter().keepFor(pair.heavier());
    pair.heavier().keepFor(pair.lighter());
    held++;
    shardsByKeyspace.merge(pair.lighter().keyspace(), -1, Integer::sum);
  }

  private <J extends Job> J add(Piece piece, J job) {
    jobs.add(job);
    piece.take(job);
    foresee(piece, job);
    return job;
  }

  private void foresee(Piece piece, Job job) {
    boolean unused = job.as(new Foresight(piece));
  }

  /** Does to the seats what a job will do to the nodes. */
  private final class Foresight implements Job.Kinds<Boolean> {
    private final Piece piece;

    Foresight(Piece piece) {
      this.piece = piece;
    }

    @Override
    public Boolean move(Move move) {
      piece
          .shard
          .replica(move.from())
          .flatMap(replica -> seat(replica.node()))
          .ifPresent(seat -> seat.remove(piece));
      if (move.isLeavingOut()) {
        return true;
      }
      seat(move.to().node())
          .ifPresent(
              seat -> {
                seat.add(piece);
                seat.movesIn++;
              });
      piece.leader.flatMap(Draft.this::seat).ifPresent(seat -> seat.movesOut++);
      return true;
    }

    /** What is absorbed leaves nothing behind: its neighbour is on the same nodes already. */
    @Override
    public Boolean merge(Merge merge) {
      merges++;
      shardsByKeyspace.merge(piece.keyspace(), -1, Integer::sum);
      piece
          .shard
          .replicas()
          .forEach(replica -> seat(replica.node()).ifPresent(seat -> seat.remove(piece)));
      piece.leader.flatMap(Draft.this::seat).ifPresent(seat -> seat.leaders--);
      return true;
    }

    @Override
    public Boolean recovery(Recovery recovery) {
      piece.shard.replicas().stream()
          .filter(replica -> replica.id() != recovery.survivor().id())
          .forEach(replica -> seat(replica.node()).ifPresent(seat -> seat.remove(piece)));
      return true;
    }

    /** The new shard has its replicas where the old one has them, and begins with its leader. */
    @Override
    public Boolean split(Split split) {
      splits++;
      shardsByKeyspace.merge(piece.keyspace(), 1, Integer::sum);
      Shard half =
          new Shard(
              split.newShard(),
              piece.keyspace(),
              piece.shard.range(),
              piece.shard.epoch(),
              split.newReplicas(),
              0);
      Piece child = new Piece(half, piece.leader, 0, split);
      half.replicas().forEach(replica -> seat(replica.node()).ifPresent(seat -> seat.add(child)));
      piece.leader.flatMap(Draft.this::seat).ifPresent(seat -> seat.leaders++);
      return true;
    }

    @Override
    public Boolean transfer(Transfer transfer) {
      transfers++;
      piece.leader.flatMap(Draft.this::seat).ifPresent(seat -> seat.leaders--);
      seat(transfer.to().node()).ifPresent(seat -> seat.leaders++);
      return true;
    }
  }
}
