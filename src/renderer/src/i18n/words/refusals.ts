import type { Deed } from '../../host/attempt.ts'
import type { NextStep } from '../../ui/next-step.ts'
import type { Same } from '../same.ts'

/** What was asked for in vain, and what can be done about it. */
export const it = {
  dismiss: 'Ho letto, togli',
  deed: {
    answer: 'Non ho potuto rispondere.',
    reject: 'Non ho potuto rifiutare la chiamata.',
    hangUp: 'Non ho potuto chiudere la chiamata.',
    hold: 'L’attesa non è cambiata.',
    mute: 'Il microfono non è cambiato.',
    dial: 'La chiamata non è partita.',
    ready: 'Non sei disponibile.',
    pause: 'Il tuo stato non è cambiato.',
    signOut: 'L’uscita non è riuscita.',
    identify: 'Chi chiama non è stato registrato.',
    cancelAppointment: 'L’appuntamento non è disdetto.',
    book: 'L’appuntamento non è preso.',
    calendarFile: 'Il file per il calendario non c’è.',
    dismiss: 'La voce è rimasta nell’elenco.',
    extend: 'La chiusura dura come prima.',
  } satisfies Record<Deed, string>,
  next: {
    allowMicrophone: 'Permetti il microfono dall’icona accanto all’indirizzo, poi riprova.',
    connectMicrophone: 'Collega la cuffia o un microfono, provalo nelle impostazioni, poi riprova.',
    voiceWindow:
      'Ricarica questa pagina, perché porti la voce, e chiudi le altre finestre di Ascolto. Poi riprova.',
    waitAndTry: 'Il collegamento riprende da solo: riprova fra poco.',
    callForHelp: 'Riprovare non basta: chiama l’assistenza.',
    lookAtCall: 'Guarda in alto a che punto è la chiamata.',
    conversationOver: 'Se serve ancora, fallo in una nuova telefonata.',
    readAgain: 'Cerca di nuovo la persona e rileggi la scheda.',
    otherSlot: 'Scegli un altro posto.',
    signInAgain: 'Esci ed entra di nuovo: quello che hai scritto resta.',
    correct: 'Correggi, poi riprova.',
    tryAgain: 'Riprova. Se si ripete, chiama l’assistenza.',
  } satisfies Record<NextStep, string>,
}

export const en: Same<typeof it> = {
  dismiss: 'Read, remove',
  deed: {
    answer: 'The call could not be answered.',
    reject: 'The call could not be declined.',
    hangUp: 'The call could not be ended.',
    hold: 'The hold did not change.',
    mute: 'The microphone did not change.',
    dial: 'The call was not placed.',
    ready: 'You are not available.',
    pause: 'Your state did not change.',
    signOut: 'Signing out did not work.',
    identify: 'Who is calling was not recorded.',
    cancelAppointment: 'The appointment is not cancelled.',
    book: 'The appointment is not made.',
    calendarFile: 'There is no calendar file.',
    dismiss: 'The entry is still in the list.',
    extend: 'The wrap-up lasts as long as before.',
  },
  next: {
    allowMicrophone: 'Allow the microphone from the icon beside the address, then try again.',
    connectMicrophone: 'Connect the headset or a microphone, test it in the settings, then try again.',
    voiceWindow:
      'Reload this page so that it carries the voice, and close other windows of Ascolto. Then try again.',
    waitAndTry: 'The connection comes back by itself: try again in a moment.',
    callForHelp: 'Trying again will not help: call support.',
    lookAtCall: 'Look above at where the call stands.',
    conversationOver: 'If it is still needed, do it in a new call.',
    readAgain: 'Find the person again and read the record.',
    otherSlot: 'Choose another slot.',
    signInAgain: 'Sign out and in again: what you typed stays.',
    correct: 'Correct it, then try again.',
    tryAgain: 'Try again. If it happens again, call support.',
  },
}
