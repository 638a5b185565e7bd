package io.flotilla.shard.report;

import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.WatchRequest;
import io.flotilla.rpc.PlacementEndpoints;
import io.flotilla.rpc.RpcCaller;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.rpc.RpcStream;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the map at whichever member of placement serves it, from the revision that was reached.
 * All but what the network calls is for the control thread.
 */
final class MapWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MapWatch.class);
  private static final int INBOX_UPDATES_MAX = 256;
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final RpcCaller client;
  private final Control control;
  private final PlacementEndpoints endpoints;
  private final PlacementMembers members;
  private final Consumer<MapUpdate> onUpdate;
  private volatile RpcStream stream = () -> {};
  private long revision;
  private volatile boolean closed;

  /**
   * @param onUpdate called by the control thread; may block
   */
  MapWatch(
      RpcCaller client,
      Control control,
      PlacementEndpoints placement,
      Consumer<MapUpdate> onUpdate) {
    this.client = client;
    this.control = control;
    this.endpoints = placement;
    this.members = new PlacementMembers(placement);
    this.onUpdate = onUpdate;
  }

  void begin() {
    if (closed) {
      return;
    }
    Inbox inbox = new Inbox();
    WatchRequest request = WatchRequest.newBuilder().setAfterRevision(revision).build();
    stream =
        client.stream(
            members.current(),
            RpcMethods.WATCH_MAP,
            request,
            update -> received(update, inbox),
            why -> control.run(() -> ended(why)));
  }

  /** On an event loop. */
  private void received(MapUpdate update, Inbox inbox) {
    if (inbox.overrun.get()) {
      return;
    }
    if (inbox.updates.offer(update)) {
      control.run(() -> take(inbox));
    } else if (inbox.overrun.compareAndSet(false, true)) {
      control.run(this::restart);
    }
  }

  private void take(Inbox inbox) {
    MapUpdate update = inbox.updates.poll();
    if (update != null && !inbox.overrun.get() && !closed) {
      endpoints.learn(update.getMembersList());
      onUpdate.accept(update);
      revision = update.getRevision();
    }
  }

  /** An update was lost, so that those after it are of no use. */
  private void restart() {
    stream.close();
    LOG.warn("the map changes faster than it can be taken in; watching again");
    control.after(PAUSE, this::begin);
  }

  private void ended(RpcException why) {
    LOG.debug("the map's stream from {} ended", members.current(), why);
    members.failed(why);
    control.after(PAUSE, this::begin);
  }

  /** What one stream has brought and the control thread has not taken yet. */
  private static final class Inbox {
    final BlockingQueue<MapUpdate> updates = new ArrayBlockingQueue<>(INBOX_UPDATES_MAX);
    final AtomicBoolean overrun = new AtomicBoolean();
  }

  /** Any thread. */
  @Override
  public void close() {
    closed = true;
    stream.close();
  }
}
