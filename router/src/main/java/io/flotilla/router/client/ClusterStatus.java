package io.flotilla.router.client;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The cluster as its placement leader sees it.
 *
 * @param cluster its id
 * @param revision of the map
 * @param shards in the order of keyspaces' ids, then of keys
 * @param jobs that placement is carrying out
 * @param ended the newest of the jobs that are over, in their order
 */
public record ClusterStatus(
    String cluster,
    long revision,
    List<Member> members,
    List<Node> nodes,
    List<Keyspace> keyspaces,
    List<Shard> shards,
    List<Job> jobs,
    List<Job.Ended> ended,
    Settings settings) {
  public ClusterStatus {
    members = List.copyOf(members);
    nodes = List.copyOf(nodes);
    keyspaces = List.copyOf(keyspaces);
    shards = List.copyOf(shards);
    jobs = List.copyOf(jobs);
    ended = List.copyOf(ended);
  }

  /** What an operator wants to know first. */
  public Health health() {
    return Health.of(this);
  }

  /**
   * A placement member.
   *
   * @param learner whether it has no vote yet
   * @param leaving whether it was removed, and the group has not let it go yet
   * @param heard whether the leader hears it
   * @param applied index that its state has reached, as it said last
   */
  public record Member(
      long id,
      String address,
      boolean leader,
      boolean learner,
      boolean leaving,
      boolean heard,
      long applied) {}

  /**
   * A storage node.
   *
   * @param silentMillis since its last report
   * @param replicas that it hosts
   * @param leaders how many of them lead
   * @param draining whether it gets nothing new, and what it holds goes elsewhere
   * @param approximateBytes of its replicas
   * @param heardBy other nodes that hear it, if placement does not
   */
  public record Node(
      long id,
      String address,
      Map<String, String> labels,
      boolean alive,
      long silentMillis,
      int replicas,
      int leaders,
      boolean draining,
      long approximateBytes,
      int heardBy) {
    public Node {
      labels = Map.copyOf(labels);
    }
  }

  /**
   * A keyspace.
   *
   * @param replicas that each of its shards is to have
   */
  public record Keyspace(int id, String name, Partitioning partitioning, int replicas) {}

  /**
   * A shard and its group.
   *
   * @param keyspace name
   * @param start first key, without what the keyspace puts before it: a key of a range keyspace,
   *     two bytes of slot for a hash keyspace; nothing: from the beginning
   * @param end exclusive; nothing: to the end
   * @param version counts splits and merges
   * @param confVersion counts changes of members
   * @param leaderNode the node whose replica leads, if known
   * @param lacking how many more replicas it is to have; a learner is none yet
   * @param frozen if it serves nothing, since a neighbour is to absorb it
   */
  public record Shard(
      long id,
      String keyspace,
      Optional<Bytes> start,
      Optional<Bytes> end,
      long version,
      long confVersion,
      OptionalLong leaderNode,
      long term,
      List<Replica> replicas,
      int lacking,
      Optional<Frozen> frozen) {
    public Shard {
      replicas = List.copyOf(replicas);
    }
  }

  /**
   * A shard that serves nothing.
   *
   * @param into the neighbour that is to absorb it, if it does not thaw before
   * @param settled whether all replicas have that on their disks
   */
  public record Frozen(long into, boolean settled) {}

  /**
   * What operators have said about the whole cluster.
   *
   * @param balance whether placement evens out by itself
   * @param goals how many shards a keyspace is to have, by its name, until it has
   */
  public record Settings(boolean balance, Map<String, Integer> goals) {
    public Settings {
      goals = Map.copyOf(goals);
    }
  }

  /**
   * One replica of a shard.
   *
   * @param alive whether its node is
   * @param lost whether its node says that it takes no part any more: it broke, or was damaged
   * @param reported whether placement has heard of it since that placement leader began; if not,
   *     the positions say nothing
   * @param lastIndex of its log
   * @param applied index that its state has reached
   * @param snapshotBytes of a snapshot that have come; 0 as well if none is on its way there
   * @param snapshotBytesTotal of all of it; 0 if none is on its way
   */
  public record Replica(
      long node,
      long id,
      boolean learner,
      boolean alive,
      boolean lost,
      boolean reported,
      long lastIndex,
      long applied,
      long approximateBytes,
      long snapshotBytes,
      long snapshotBytesTotal) {
    /** Whether it can help its group. */
    public boolean takesPart() {
      return alive && !lost;
    }
  }
}
