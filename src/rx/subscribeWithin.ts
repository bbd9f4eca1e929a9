// Subscribing under somebody else's subscription.
import { Observable, type Observer, type Subscription } from 'rxjs';

/**
 * Subscribes, until `holder` ends: also where that happens while the source is still being subscribed and there is nothing
 * to unsubscribe yet, as with a source that emits synchronously.
 */
export function subscribeWithin<T>(holder: Subscription, source$: Observable<T>, observer: Observer<T>): void {
  new Observable<T>((subscriber) => {
    holder.add(subscriber);
    if (!subscriber.closed) source$.subscribe(subscriber);
  }).subscribe(observer);
}
