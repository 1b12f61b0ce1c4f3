/**
 * The contract kit: what every storage provider promises, as JUnit 5 tests.
 *
 * <p>A provider's own tests implement {@link io.tributary.storage.contract.StorageFixture} and make
 * one (top level or {@code @Nested}) subclass per contract. Every test writes under a tenant of its
 * own, so all tests of a class share one open storage, which may hold other data. Tests run on the
 * thread that JUnit calls them on, one at a time.
 *
 * <p>System properties: {@code tributary.long=true} raises the counts, {@code seed} replays a random
 * test.
 */
@NullMarked
@CheckReturnValue
package io.tributary.storage.contract;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
