package io.tributary.server.move;

import io.tributary.core.model.DataSetId;
import io.vertx.core.json.JsonObject;

/**
 * What an export or import did.
 *
 * @param stores how many stores the file has
 * @param records how many records it has
 * @param tombstones how many tombstones it has
 * @param present how many of these records and tombstones were there already; 0 for an export
 * @param mappings how many mappings it has
 * @param bindings how many bindings it has
 * @param outcomes of how many entries it tells what the processing made of them
 * @param dataSetId the identity of the data that was exported, or of the storage after the import
 */
public record Moved(
    long stores,
    long records,
    long tombstones,
    long present,
    long mappings,
    long bindings,
    long outcomes,
    DataSetId dataSetId) {
  /** As the admin API and the command line tell it. */
  public JsonObject toJson() {
    return new JsonObject()
        .put("stores", stores)
        .put("records", records)
        .put("tombstones", tombstones)
        .put("present", present)
        .put("mappings", mappings)
        .put("bindings", bindings)
        .put("outcomes", outcomes)
        .put("dataSetId", dataSetId.toString());
  }
}
