package io.flotilla.shard.service;

import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.port.StorageException;
import io.flotilla.shard.host.HostedShard;
import io.flotilla.shard.host.ShardHost;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One storage node. Any number may run in one process, each with a directory of its own. Any thread
 * may call.
 */
public final class ShardNode implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ShardNode.class);
  private static final int EXIT_CODE = 70; // an internal error, in the words of sysexits.h

  /** Whether a node is up, and how it is to end. */
  enum Phase {
    UP,
    CLOSING,
    DYING
  }

  private final long nodeId;
  private final String address;
  private final ShardHost host;
  private final Parts parts;
  private final AtomicReference<Phase> phase;

  ShardNode(
      long nodeId, String address, ShardHost host, Parts parts, AtomicReference<Phase> phase) {
    this.nodeId = nodeId;
    this.address = address;
    this.host = host;
    this.parts = parts;
    this.phase = phase;
  }

  /** As the other one, by the wall clock; a failure of the disk ends the process at once. */
  public static ShardNode start(ShardNodeConfig config, Consumer<String> removed)
      throws IOException {
    return start(config, ShardNode::halt, removed, System::currentTimeMillis);
  }

  /**
   * Opens what is on disk and its shards, listens, and goes to placement, without waiting for it: a
   * node that was here before serves as soon as its shards have leaders. Only a node that has no id
   * yet must get one first, and blocks until then.
   *
   * @param fatal told by any thread that the disk or a part has failed: nothing is sure any more,
   *     and the node must be made to end, as by {@link #kill} or with its process
   * @param removed told in words, by a thread that {@link #close} waits for, that the cluster has
   *     removed this node, which is to be closed: what it has deleted has to be gone from its disk.
   *     It may be told before this returns, and is told again about each second until then
   * @param wallMillis the wall clock, as {@link System#currentTimeMillis}
   * @throws IOException if the directory, the address or, for a new node, placement cannot be had;
   *     nothing then is left open
   */
  public static ShardNode start(
      ShardNodeConfig config,
      Consumer<Throwable> fatal,
      Consumer<String> removed,
      LongSupplier wallMillis)
      throws IOException {
    Parts parts = new Parts();
    try {
      return new Startup(config, fatal, removed, wallMillis, parts).run();
    } catch (IOException | RuntimeException e) {
      try {
        parts.close();
      } catch (StorageException another) {
        e.addSuppressed(another);
      }
      throw e;
    }
  }

  private static void halt(Throwable cause) {
    LOG.error("the node cannot go on and ends at once", cause);
    Runtime.getRuntime().halt(EXIT_CODE);
  }

  /** Host:port under which others reach this node. */
  public String address() {
    return address;
  }

  public long nodeId() {
    return nodeId;
  }

  /** How the replicas here are, by shard. */
  public List<GroupStatus> statuses() {
    return host.shards().stream().map(shard -> shard.group().status()).toList();
  }

  /** The shards that are open here, by id. */
  public List<HostedShard> shards() {
    return host.shards();
  }

  /**
   * Stops serving, makes all state durable, and closes. Blocks. Again is no error.
   *
   * @throws StorageException if the disk failed at the last
   */
  @Override
  public void close() throws StorageException {
    if (phase.compareAndSet(Phase.UP, Phase.CLOSING)) {
      LOG.info("node {} closes", nodeId);
      parts.close();
    }
  }

  /**
   * Ends as a crash would: state that was not flushed is lost and will come again from the log, of
   * which all is kept that was synced. Threads, sockets, locks and native memory are given back.
   */
  public void kill() throws StorageException {
    if (phase.compareAndSet(Phase.UP, Phase.DYING)) {
      LOG.info("node {} is killed", nodeId);
      parts.close();
    }
  }
}
