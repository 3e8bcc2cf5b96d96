import type { Same } from '../same.ts'

/** Fields as a refusal names them. */
export const it = {
  sentence: 'La postazione non ha accettato il campo «{{field}}». Controllalo.',
  name: {
    givenName: 'Nome',
    familyName: 'Cognome',
    birthDate: 'Data di nascita',
    fiscalCode: 'Codice fiscale',
    number: 'Numero di telefono',
    text: 'Testo',
    note: 'Nota',
    outcome: 'Com’è andata',
    topicId: 'Argomento',
    kind: 'Che cos’è',
    slotId: 'Posto',
    recoveryOf: 'Recupero di un appuntamento di questa persona',
    expiry: 'Scadenza del documento',
  },
}

export const en: Same<typeof it> = {
  sentence: 'The desk did not accept the field “{{field}}”. Check it.',
  name: {
    givenName: 'Given name',
    familyName: 'Family name',
    birthDate: 'Date of birth',
    fiscalCode: 'Fiscal code',
    number: 'Phone number',
    text: 'Text',
    note: 'Note',
    outcome: 'How it went',
    topicId: 'Topic',
    kind: 'What it is',
    slotId: 'Slot',
    recoveryOf: 'Making up for an appointment of this person',
    expiry: 'Document expires on',
  },
}
