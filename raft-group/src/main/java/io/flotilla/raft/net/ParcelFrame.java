package io.flotilla.raft.net;

import io.flotilla.raft.core.Entry;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.RaftMessage;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.NodeId;
import io.flotilla.raft.port.RaftParcel;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What one frame between two nodes holds: the sender's node (8), the receiver's (8), the number of
 * parcels (4), and for each its group (8), from (8), to (8) and message ({@link RaftCodec}).
 */
final class ParcelFrame {
  static final int HEADER_BYTES = 20;

  private static final int PARCEL_HEADER_BYTES = 24;
  private static final int PARCEL_BYTES_MIN = PARCEL_HEADER_BYTES + RaftCodec.MESSAGE_BYTES_MIN;

  private ParcelFrame() {}

  /** What a parcel adds to a frame. */
  static int encodedBytes(RaftParcel parcel) {
    return PARCEL_HEADER_BYTES + RaftCodec.encodedBytes(parcel.message());
  }

  /** What a parcel with an append of one command adds to it. */
  static int bytesBesideCommand() {
    Entry nothing = new Entry(1, 1, Entry.Kind.COMMAND, new byte[0]);
    return PARCEL_HEADER_BYTES
        + RaftCodec.encodedBytes(
            new RaftMessage.AppendRequest(1, Position.ZERO, 0, 0, List.of(nothing)));
  }

  static void putHeader(NodeId from, NodeId to, int parcels, ByteBuffer frame) {
    frame.putLong(from.value()).putLong(to.value()).putInt(parcels);
  }

  static void put(RaftParcel parcel, ByteBuffer frame) {
    frame.putLong(parcel.group().value());
    frame.putLong(parcel.from().value()).putLong(parcel.to().value());
    RaftCodec.encode(parcel.message(), frame);
  }

  /**
   * Reads a whole frame.
   *
   * @param from the node that opened the connection
   * @param to this node
   * @throws IllegalArgumentException if it is malformed, or between other nodes
   */
  static List<RaftParcel> decode(ByteBuffer frame, NodeId from, NodeId to) {
    try {
      return parcels(frame, from, to);
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("a frame of parcels is cut short", e);
    }
  }

  private static List<RaftParcel> parcels(ByteBuffer frame, NodeId from, NodeId to) {
    long sender = frame.getLong();
    long receiver = frame.getLong();
    if (sender != from.value() || receiver != to.value()) {
      throw new IllegalArgumentException(
          String.format(
              "parcels from node %d to node %d on a connection from node %s to node %s",
              sender, receiver, from, to));
    }
    int count = frame.getInt();
    if (count < 1 || count > frame.remaining() / PARCEL_BYTES_MIN) {
      throw new IllegalArgumentException(count + " parcels in " + frame.remaining() + " bytes");
    }
    List<RaftParcel> parcels = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      GroupId group = new GroupId(frame.getLong());
      ReplicaId fromReplica = new ReplicaId(frame.getLong());
      ReplicaId toReplica = new ReplicaId(frame.getLong());
      RaftMessage message = RaftCodec.decode(frame);
      parcels.add(new RaftParcel(from, to, group, fromReplica, toReplica, message));
    }
    if (frame.hasRemaining()) {
      throw new IllegalArgumentException(frame.remaining() + " bytes after the last parcel");
    }
    return parcels;
  }
}
