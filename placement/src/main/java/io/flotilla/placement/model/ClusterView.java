package io.flotilla.placement.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The whole map at one revision. Each object remembers the revision that changed it last, so that
 * what changed since any earlier revision can be told from this view alone.
 *
 * @param cluster id of the cluster; empty until adopted
 * @param revision rises by one with each change
 * @param layoutRevision the last revision that changed a node (that there is one, its state,
 *     address or labels) or the set of keyspaces
 * @param removed nodes that were removed for good; their ids and data directories never return
 * @param absorbed the newest of the shards that were merged into others, as they were last
 * @param jobs by the shard that is to change
 * @param ended the newest of the jobs that are over, by job
 */
public record ClusterView(
    String cluster,
    long revision,
    long layoutRevision,
    FreshIds freshIds,
    SortedMap<Long, Revised<Node>> nodes,
    SortedMap<Long, Revised<Node>> removed,
    SortedMap<Integer, Revised<Keyspace>> keyspaces,
    SortedMap<Long, Revised<Shard>> shards,
    SortedMap<Long, Revised<Shard>> absorbed,
    SortedMap<Long, Job> jobs,
    SortedMap<Long, EndedJob> ended,
    Settings settings) {
  /**
   * How many absorbed shards are remembered. Part of what commands mean: not to be changed without
   * a new kind of command.
   */
  public static final int ABSORBED_MAX = 1024;

  public static final ClusterView EMPTY =
      new ClusterView(
          "",
          0,
          0,
          FreshIds.FIRST,
          new TreeMap<>(),
          new TreeMap<>(),
          new TreeMap<>(),
          new TreeMap<>());

  public ClusterView {
    nodes = Collections.unmodifiableSortedMap(new TreeMap<>(nodes));
    removed = Collections.unmodifiableSortedMap(new TreeMap<>(removed));
    keyspaces = Collections.unmodifiableSortedMap(new TreeMap<>(keyspaces));
    shards = Collections.unmodifiableSortedMap(new TreeMap<>(shards));
    absorbed = Collections.unmodifiableSortedMap(new TreeMap<>(absorbed));
    jobs = Collections.unmodifiableSortedMap(new TreeMap<>(jobs));
    ended = Collections.unmodifiableSortedMap(new TreeMap<>(ended));
  }

  /** One in which nothing was removed, merged, ended or set. */
  public ClusterView(
      String cluster,
      long revision,
      long layoutRevision,
      FreshIds freshIds,
      SortedMap<Long, Revised<Node>> nodes,
      SortedMap<Integer, Revised<Keyspace>> keyspaces,
      SortedMap<Long, Revised<Shard>> shards,
      SortedMap<Long, ? extends Job> jobs) {
    this(
        cluster,
        revision,
        layoutRevision,
        freshIds,
        nodes,
        new TreeMap<>(),
        keyspaces,
        shards,
        new TreeMap<>(),
        new TreeMap<>(jobs),
        new TreeMap<>(),
        Settings.INITIAL);
  }

  /** As it would be with a node of this id in this state, for plans of what if. */
  public ClusterView withNode(Node node) {
    TreeMap<Long, Revised<Node>> changed = new TreeMap<>(nodes);
    changed.put(node.id(), new Revised<>(revision, node));
    return new ClusterView(
        cluster,
        revision,
        layoutRevision,
        freshIds,
        changed,
        removed,
        keyspaces,
        shards,
        absorbed,
        jobs,
        ended,
        settings);
  }

  /** As it would be with other settings, for plans of what if. */
  public ClusterView withSettings(Settings others) {
    return new ClusterView(
        cluster,
        revision,
        layoutRevision,
        freshIds,
        nodes,
        removed,
        keyspaces,
        shards,
        absorbed,
        jobs,
        ended,
        others);
  }

  public boolean hasKeyspaceNamed(String name) {
    return keyspaceNamed(name).isPresent();
  }

  public Optional<Keyspace> keyspaceNamed(String name) {
    return keyspaces.values().stream()
        .map(Revised::value)
        .filter(keyspace -> keyspace.name().equals(name))
        .findFirst();
  }

  public Optional<Node> node(long id) {
    return Optional.ofNullable(nodes.get(id)).map(Revised::value);
  }

  public Optional<Shard> shard(long id) {
    return Optional.ofNullable(shards.get(id)).map(Revised::value);
  }

  /** The job under way of this shard, by whichever side. */
  public Optional<Job> jobOf(long shard) {
    return jobOf(shard, jobs);
  }

  /**
   * The job of this shard.
   *
   * @param jobs by {@link Job#shard}
   */
  public static Optional<Job> jobOf(long shard, SortedMap<Long, Job> jobs) {
    Job own = jobs.get(shard);
    return own != null
        ? Optional.of(own)
        : jobs.values().stream().filter(job -> job.shards().contains(shard)).findFirst();
  }

  /** The job under way with this number. */
  public Optional<Job> job(long id) {
    return jobs.values().stream().filter(job -> job.id() == id).findFirst();
  }

  /** Nodes changed after {@code revision}, by id. */
  public List<Node> nodesSince(long revision) {
    return since(nodes.values(), revision);
  }

  /** Nodes removed after {@code revision}, by id. */
  public List<Node> nodesRemovedSince(long revision) {
    return since(removed.values(), revision);
  }

  /** Keyspaces changed after {@code revision}, by id. */
  public List<Keyspace> keyspacesSince(long revision) {
    return since(keyspaces.values(), revision);
  }

  /** Shards changed after {@code revision}, by id. */
  public List<Shard> shardsSince(long revision) {
    return since(shards.values(), revision);
  }

  /**
   * Shards absorbed after {@code revision}, by id; nothing if some of them are not remembered any
   * more.
   */
  public Optional<List<Shard>> shardsAbsorbedSince(long revision) {
    boolean forgotten =
        absorbed.size() >= ABSORBED_MAX
            && absorbed.values().stream().noneMatch(each -> each.revision() <= revision);
    return forgotten ? Optional.empty() : Optional.of(since(absorbed.values(), revision));
  }

  private static <T> List<T> since(Collection<Revised<T>> all, long revision) {
    List<T> changed = new ArrayList<>();
    for (Revised<T> each : all) {
      if (each.revision() > revision) {
        changed.add(each.value());
      }
    }
    return changed;
  }
}
