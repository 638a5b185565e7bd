package io.flotilla.raft.net;

import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import io.flotilla.rpc.ConnectionKind;
import io.flotilla.rpc.Hello;
import io.flotilla.rpc.NetThreads;
import io.flotilla.rpc.Outbox;
import io.flotilla.rpc.PeerLink;
import io.flotilla.rpc.RpcException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to one node and what waits for it. Parcels of many groups and turns share frames
 * and flushes. What cannot wait is dropped.
 */
final class Lane implements PeerLink.Traffic, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  /** A parcel in a frame of its own must fit the protocol's largest. */
  static final int PARCEL_BYTES_MAX = 15 * 1024 * 1024;

  private record Waiting(RaftParcel parcel, int bytes) {}

  private final NodeId self;
  private final NodeId peer;
  private final ConnectionKind kind;
  private final int frameBytes;
  private final LongAdder dropped;
  private final PeerLink link;
  private final Outbox<Waiting> outbox;

  // On the link's loop.
  private final List<Waiting> frame = new ArrayList<>();
  private @Nullable Waiting next;
  private boolean down;

  Lane(
      NetThreads threads,
      Hello self,
      NodeId peer,
      ConnectionKind kind,
      Supplier<Optional<String>> address,
      TransportLimits limits,
      LongAdder dropped) {
    this.self = new NodeId(self.node());
    this.peer = peer;
    this.kind = kind;
    this.frameBytes = limits.frameBytes();
    this.dropped = dropped;
    this.link = new PeerLink(threads, self, kind, peer.value(), address, limits.link(), this);
    this.outbox =
        link.outbox(
            this::drain,
            kind == ConnectionKind.LIVENESS
                ? limits.livenessQueueBytesMax()
                : limits.bulkQueueBytesMax());
  }

  /** Any thread. */
  void send(RaftParcel parcel) {
    int bytes = ParcelFrame.encodedBytes(parcel);
    if (bytes > PARCEL_BYTES_MAX) {
      LOG.error(
          "Dropping a message of group {} to node {}: it has {} bytes, allowed are {}",
          parcel.group(),
          peer,
          bytes,
          PARCEL_BYTES_MAX);
      dropped.increment();
    } else if (!outbox.offer(new Waiting(parcel, bytes), bytes)) {
      dropped.increment();
    }
  }

  @Override
  public void close() {
    link.close();
  }

  @Override
  public void onWritable() {
    if (down) {
      down = false;
      LOG.info("{} connection to node {} is up again", kind, peer);
    }
    drain();
  }

  @Override
  public void onDown(RpcException why) {
    if (!down) {
      down = true;
      LOG.info("{} connection to node {} is down: {}", kind, peer, why.getMessage());
    }
    outbox.startDrain();
    dropAll();
  }

  private void drain() {
    outbox.startDrain();
    if (link.isReady()) {
      write();
    } else if (!link.dial()) {
      dropAll();
    }
  }

  private void write() {
    while (link.isWritable()) {
      int bytes = fillFrame();
      if (frame.isEmpty()) {
        break;
      }
      try {
        writeFrame(bytes);
      } finally {
        frame.clear();
        outbox.release(bytes - ParcelFrame.HEADER_BYTES);
      }
    }
    link.flush();
  }

  private void writeFrame(int bytes) {
    ByteBuffer body = link.begin(bytes);
    ParcelFrame.putHeader(self, peer, frame.size(), body);
    for (Waiting waiting : frame) {
      ParcelFrame.put(waiting.parcel(), body);
    }
    link.end();
  }

  /** Takes what fits one frame, but at least one parcel if there is any. */
  private int fillFrame() {
    int bytes = ParcelFrame.HEADER_BYTES;
    while (next != null || (next = outbox.poll()) != null) {
      if (bytes + next.bytes() > frameBytes && !frame.isEmpty()) {
        break;
      }
      frame.add(next);
      bytes += next.bytes();
      next = null;
    }
    return bytes;
  }

  private void dropAll() {
    while (next != null || (next = outbox.poll()) != null) {
      outbox.release(next.bytes());
      dropped.increment();
      next = null;
    }
  }
}
