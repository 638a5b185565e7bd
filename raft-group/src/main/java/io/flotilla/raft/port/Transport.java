package io.flotilla.raft.port;

import java.util.List;

/**
 * Best effort: may lose, repeat, reorder. Never blocks, never throws; Raft repairs loss by itself.
 * What it must not do is invent: whatever arrives was sent as it is, by the node that it names, to
 * the node at which it arrives. And what is sent again and again between two nodes that are there
 * arrives at last, whatever else was lost before.
 */
public interface Transport {
  /**
   * Takes parcels for any number of groups and nodes. Called by any loop. What is not from this
   * node, or is for itself, for a node that is not known or there, or sent after this transport was
   * closed, is lost.
   */
  void send(List<RaftParcel> parcels);

  /**
   * The longest command that a parcel can carry, as the one entry of an append. One that is longer
   * would be lost again and again, and its group would stand still. Never changes.
   */
  default int commandBytesMax() {
    return Integer.MAX_VALUE;
  }

  /** Where what arrives for this node goes. */
  interface Receiver {
    /** Called by the network's threads; never blocks. May drop when its inboxes are full. */
    void receive(List<RaftParcel> parcels);
  }
}
