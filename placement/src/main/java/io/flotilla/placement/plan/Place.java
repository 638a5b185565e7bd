package io.flotilla.placement.plan;

import io.flotilla.placement.model.Node;

/**
 * Where a node stands, by its labels: a rack within a zone. Nodes without a zone are in the zone of
 * the empty name; one without a rack has a rack of its own, for nothing says that it shares one.
 *
 * @param rack empty if it has no such label
 * @param alone the node that has a rack of its own; 0 for a rack with a name
 */
record Place(String zone, String rack, long alone) {
  static Place of(Node node) {
    String rack = node.rack();
    return new Place(node.zone(), rack, rack.isEmpty() ? node.id() : 0);
  }

  String zoneWords() {
    return "zone '" + zone + "'";
  }

  String rackWords() {
    return "rack '" + rack + "'" + (zone.isEmpty() ? "" : " of " + zoneWords());
  }
}
