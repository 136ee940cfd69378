// What Relais reads and answers, for TypeScript. Made from its OpenAPI document by
// `python -m infra.kit`.

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  errors?: Array<{
    field: string
    code: string
    message: string
  }>
}

export interface Receipt {
  ref: string
  status: string
  message: string
  links: {
    status?: string
  }
  warnings?: Array<{
    field: string
    code: string
    message: string
  }>
  /** Self-assessment only: score, band, advice and next steps. */
  result?: Record<string, unknown>
}

export interface Home {
  links: Record<string, unknown>
}

export interface Pause {
  paused: string
}

export interface Status {
  status: string
  parts: Array<Record<string, unknown>>
}

export interface Outcome {
  status: string
  message?: string
  ref?: string
  result?: Record<string, unknown>
  errors?: Array<Record<string, unknown>>
}

export interface Fields {
  action: string
  fields: Array<string>
}

export interface Choices {
  ref: string
  file: string
  choices: Array<string>
}

export interface Choice {
  status?: string
  message?: string
  errors?: Array<Record<string, unknown>>
}

export interface FormDescription {
  form: string
  lang: string
  title: string
  intro: string
  submit: string
  status: string
  action: string
  sections: Array<Record<string, unknown>>
  schema: Record<string, unknown>
  values?: Record<string, unknown>
  notice_hash?: string
  consent_shown?: string
}

export interface Draft {
  form: string
  status: string
  kept_until: string
  sections: Record<string, unknown>
  links: Record<string, unknown>
}

export interface Section {
  section: string
  version: number
  fields: Record<string, unknown>
  /** Sent back, it joins what others changed beside */
  seen?: string
  saved_at?: string | null
  problems: Array<{
    field: string
    code: string
    message: string
  }>
}

export interface Documents {
  documents: Array<{
    id: string
    label: string
    name: string
    size: string
    state: string
    status: string
    why: string
    url: string
  }>
}

export interface Offer {
  id: string
  url: string
  fields: Record<string, unknown>
}

export type FileStep = Outcome | Offer

export interface Renewed {
  status: string
  draft: string
}

export type DraftPage = Section | Documents | Offer | Renewed

export interface Coaches {
  version: string
  total: number
  results: Array<Record<string, unknown>>
  facets: Record<string, unknown>
  next_cursor: string | null
  did_you_mean?: Array<string>
  help?: Record<string, unknown>
  left_out?: Record<string, unknown>
}

export interface Coach {
  slug: string
  name: string
  links: Record<string, unknown>
}

export interface Archive {
  year: string
  years: Array<string>
  issues: Array<Record<string, unknown>>
  feeds: Record<string, unknown>
}

export interface Issue {
  slug: string
  title: string
  summary: string
  date: string
  url: string
  html: string
}

export interface AssessmentAnswers {
  /** Does the issue you want to address require a collective impact approach? */
  q1_fit: "q1_0" | "q1_1" | "q1_2" | "q1_3"
  /** Do you share an understanding of the problem and one impact goal for one population? */
  q2_goal: "q2_0" | "q2_1" | "q2_2" | "q2_3"
  /** Do you have a common approach to reach that goal? */
  q3_approach: "q3_0" | "q3_1" | "q3_2" | "q3_3"
  /** Who is around the table, and how committed are they? */
  q4_people: "q4_0" | "q4_1" | "q4_2" | "q4_3"
  /** Is there enough urgency, time and resources to carry this work? */
  q5_capacity: "q5_0" | "q5_1" | "q5_2" | "q5_3"
  /** You are answering */
  answered_as?: "alone" | "group"
  /** Province or territory (optional) */
  province?: "AB" | "BC" | "MB" | "NB" | "NL" | "NS" | "NT" | "NU" | "ON" | "PE" | "QC" | "SK" | "YT"
  /** Send me my result by e-mail */
  send_to_email?: string
  lang?: "fr" | "en"
  notice?: string
  consent_shown?: string
  person?: boolean
  redirect?: string
}

export interface EoiAnswers {
  /** First name */
  contact_first_name: string
  /** Last name */
  contact_last_name?: string
  /** Title or role */
  contact_title: string
  /** E-mail */
  contact_email: string
  /** Phone */
  contact_phone?: string
  /** Extension */
  contact_phone_ext?: string
  /** Preferred language */
  contact_language?: "fr" | "en"
  /** Legal name of the submitting organization */
  org_legal_name: string
  /** Operating name, if different */
  org_usual_name?: string
  /** Type of organization */
  org_type: "community" | "foundation" | "indigenous" | "municipality" | "education" | "health" | "roundtable" | "coop" | "other"
  /** Status of the organization */
  org_status: "registered_charity" | "other_qualified_donee" | "nonprofit" | "unincorporated" | "other" | "unknown"
  /** Charity registration number */
  org_bn?: string
  /** City, town or community */
  org_city: string
  /** Province or territory */
  org_province: "AB" | "BC" | "MB" | "NB" | "NL" | "NS" | "NT" | "NU" | "ON" | "PE" | "QC" | "SK" | "YT"
  /** Postal code */
  org_postal_code: string
  /** Website */
  org_website?: string
  /** Name of the collective (a working name is fine) */
  collective_name: string
  /** Partner organizations */
  partners: Array<{
    /** Organization name */
    name: string
    /** Sector */
    sector: "nonprofit" | "public" | "indigenous" | "business" | "philanthropy" | "education" | "health" | "citizens" | "other"
    /** Commitment */
    commitment: "confirmed" | "in_discussion" | "to_contact"
  }>
  /** Which organization would be the collective’s fiduciary? */
  fiduciary_known: "lead" | "other" | "unknown"
  /** Name of the fiduciary organization */
  fiduciary_name?: string
  /** Status of the fiduciary organization */
  fiduciary_status?: "registered_charity" | "other_qualified_donee" | "nonprofit" | "unincorporated" | "other" | "unknown"
  /** Charity registration number of the fiduciary */
  fiduciary_bn?: string
  /** Number of people on the coaching team (2 to 5) */
  team_size_planned: number | string
  /** Stream */
  stream?: "collective_impact"
  /** Issue areas (up to 3) */
  issue_areas: Array<"poverty" | "employment" | "education" | "early_childhood" | "youth" | "seniors" | "housing" | "food" | "health" | "violence" | "immigration" | "reconciliation" | "inclusion" | "disability" | "environment" | "arts" | "community" | "other">
  /** Describe the issue you want to address. */
  issue_summary: string
  /** Which population do you want to serve? */
  population: string
  /** In which community or territory? */
  community: string
  /** Geographic scope */
  scope: "neighbourhood" | "municipality" | "region" | "province" | "multi" | "national"
  /** Provinces and territories concerned */
  provinces_served: Array<"AB" | "BC" | "MB" | "NB" | "NL" | "NS" | "NT" | "NU" | "ON" | "PE" | "QC" | "SK" | "YT">
  /** What change do you want for this population? (draft) */
  goal_draft?: string
  /** Why does this issue call for collective impact rather than a lighter collaboration? */
  why_integration: string
  /** Where are you in the process? */
  stage: "idea" | "group" | "goal" | "plan" | "action"
  /** What have you done together so far? */
  done_so_far?: string
  /** How are the people affected involved? */
  affected_involved?: string
  /** What do you expect from coaching? */
  help_wanted: string
  /** Have you been in touch with a coach? */
  coach_status: "chosen" | "in_discussion" | "need_help" | "not_yet"
  /** Coach from the Innoweave network */
  coach_id?: string
  /** Preferred start */
  start_month?: string
  /** Have you received Innoweave support before? */
  earlier_support: "yes" | "no" | "unsure"
  /** Give details (year, stream) */
  earlier_support_detail?: string
  /** Attach my self-assessment result */
  assessment_id?: string
  /** How did you hear about Innoweave? */
  heard_from?: "newsletter" | "website" | "coach" | "partner" | "event" | "social" | "other"
  /** Do you need any accommodation to communicate with us? */
  access_needs?: string
  /** I have read the privacy notice and agree that my information may be used to review this declaration. */
  consent_privacy: true
  /** I confirm that I am authorized to submit this declaration and that the information is accurate. */
  confirm_authority: true
  /** yes */
  consent_newsletter?: boolean
  lang?: "fr" | "en"
  notice?: string
  consent_shown?: string
  person?: boolean
  redirect?: string
}

export interface ApplicationAnswers {
  /** Who is completing this application? */
  completed_by: "fiduciary_lead" | "other"
  /** Explain why someone else is completing the application. */
  completed_by_reason?: string
  /** First name */
  applicant_first_name: string
  /** Last name */
  applicant_last_name?: string
  /** Title or role */
  applicant_title: string
  /** E-mail */
  applicant_email: string
  /** Phone */
  applicant_phone?: string
  /** Extension */
  applicant_phone_ext?: string
  /** Preferred language */
  applicant_language: "fr" | "en"
  /** Legal name of the fiduciary organization */
  fid_legal_name: string
  /** Status */
  fid_status: "registered_charity" | "other_qualified_donee" | "nonprofit" | "unincorporated" | "other" | "unknown"
  /** Charity registration number */
  fid_bn?: string
  /** Other number (federal business number or Québec NEQ) */
  fid_other_number?: string
  /** Street address */
  fid_street: string
  /** Suite, unit or PO box */
  fid_street2?: string
  /** City, town or community */
  fid_city: string
  /** Province or territory */
  fid_province: "AB" | "BC" | "MB" | "NB" | "NL" | "NS" | "NT" | "NU" | "ON" | "PE" | "QC" | "SK" | "YT"
  /** Postal code */
  fid_postal_code: string
  /** Website */
  fid_website?: string
  /** Annual operating budget */
  fid_annual_budget: number | string
  /** Fiscal year-end */
  fid_fiscal_year_end: string
  /** Staff (full-time equivalents) */
  fid_staff_fte?: number | string
  /** Fiduciary lead: first name */
  fid_lead_first_name: string
  /** Fiduciary lead: last name */
  fid_lead_last_name?: string
  /** Fiduciary lead: title */
  fid_lead_title: string
  /** Fiduciary lead: e-mail */
  fid_lead_email: string
  /** Fiduciary lead: phone */
  fid_lead_phone?: string
  /** Does this person have signing authority? */
  signing_authority_same: "yes" | "no"
  /** Signatory: name */
  signatory_name?: string
  /** Signatory: title */
  signatory_title?: string
  /** Signatory: e-mail */
  signatory_email?: string
  /** Written agreement between the fiduciary and the collective */
  fid_agreement: "signed" | "in_progress" | "not_needed"
  /** Name of the collective */
  collective_name: string
  /** Describe the collective: origin, members, how decisions are made. */
  collective_description: string
  /** Member organizations */
  partners: Array<{
    /** Organization name */
    name: string
    /** Sector */
    sector: "nonprofit" | "public" | "indigenous" | "business" | "philanthropy" | "education" | "health" | "citizens" | "other"
    /** Commitment */
    commitment: "confirmed" | "in_discussion" | "to_contact"
    /** Role in the initiative */
    role: string
    /** New since the declaration */
    is_new?: boolean
  }>
  /** Earlier work together */
  history?: string
  /** How do the people affected take part in the work and in decisions? */
  affected_involved: string
  /** Coaching team members */
  team: Array<{
    /** First name */
    first_name: string
    /** Last name */
    last_name?: string
    /** Organization */
    organization: string
    /** Title or role */
    title: string
    /** E-mail */
    email: string
    /** Role on the team */
    role: "lead" | "member"
    /** Hours expected per month */
    hours_month: number | string
    /** Working language */
    language: "fr" | "en" | "both"
  }>
  /** Team members know that their contact details are being given to Innoweave. */
  team_informed: true
  /** What is the problem, and what do you know about it (data, research, lived experience)? */
  problem: string
  /** Target population: who, how many, where? */
  population: string
  /** Community or territory */
  community: string
  /** Geographic scope */
  scope: "neighbourhood" | "municipality" | "region" | "province" | "multi" | "national"
  /** Provinces and territories concerned */
  provinces_served: Array<"AB" | "BC" | "MB" | "NB" | "NL" | "NS" | "NT" | "NU" | "ON" | "PE" | "QC" | "SK" | "YT">
  /** Shared impact goal (even provisional), in one or two sentences */
  impact_goal: string
  /** Main indicator */
  indicator?: string
  /** Current value */
  baseline?: string
  /** Target */
  target?: string
  /** Target year */
  target_year?: number | string
  /** Why is an integrated approach indispensable? */
  why_integration: string
  /** Where are you with a common approach or theory of change? */
  approach_now: string
  /** Shared measurement */
  support_measurement: "0" | "1" | "2" | "3"
  /** Mutually reinforcing activities */
  support_activities: "0" | "1" | "2" | "3"
  /** Continuous communication */
  support_communication: "0" | "1" | "2" | "3"
  /** Backbone support */
  support_backbone: "0" | "1" | "2" | "3"
  /** Comments */
  supports_comment?: string
  /** Choice of coach */
  coach_status: "chosen" | "in_discussion" | "need_help"
  /** Coach from the Innoweave network */
  coach_id?: string
  /** Another coach (name, organization, e-mail) */
  coach_other?: string
  /** Why this coach? */
  why_coach?: string
  /** Coaching objectives */
  objectives: Array<string>
  /** By the end of coaching, what will you have produced or decided? */
  deliverables: string
  /** Start date */
  start_date: string
  /** End date */
  end_date: string
  /** Coaching hours planned */
  coach_hours: number | string
  /** Meeting format */
  mode: "in_person" | "remote" | "hybrid"
  /** Language of coaching */
  coaching_language: "fr" | "en" | "both"
  /** Key milestones */
  milestones: Array<{
    /** Date */
    date: string
    /** Milestone */
    description: string
  }>
  /** Main risks and how you will handle them */
  risks?: string
  /** Expenses */
  budget: Array<{
    /** Category */
    category: "coach_fees" | "coach_travel" | "meetings" | "participation" | "translation" | "accessibility" | "data" | "backbone_time" | "admin_fee" | "taxes" | "other"
    /** Description */
    description: string
    /** Number of hours */
    quantity?: number | string
    /** Hourly rate */
    unit_cost?: number | string
    /** Total amount */
    amount: number | string
    /** Amount requested from Innoweave */
    requested: number | string
  }>
  /** Other contributions */
  income?: Array<{
    /** Source */
    source: string
    /** Kind */
    kind: "cash" | "in_kind"
    /** Status */
    status: "confirmed" | "pending"
    /** Amount or value */
    amount: number | string
  }>
  /** Budget notes */
  budget_notes?: string
  /** How will you know the coaching was useful? */
  success: string
  /** How will the work continue afterwards? */
  after?: string
  /** The information provided is accurate and complete. */
  declare_accuracy: true
  /** The fiduciary organization knows about this application and supports it. */
  declare_authority: true
  /** Funds would be used only for the coaching described above. */
  declare_use: true
  /** Is there a family, financial or employment link between the team and the coach, or with Innoweave? */
  declare_conflict: "yes" | "no"
  /** Describe the link. */
  conflict_detail?: string
  /** I have read the privacy notice and agree that my information may be used to review this application. */
  consent_privacy: true
  /** If approved, Innoweave may publish the collective’s name, region and amount. */
  consent_publish?: boolean
  /** Name of the person submitting */
  signed_name: string
  /** Title of the person submitting */
  signed_title: string
  lang?: "fr" | "en"
  notice?: string
  consent_shown?: string
  person?: boolean
  redirect?: string
  invite?: string
  ref?: string
  uninvited?: string
}

export interface NewsletterAnswers {
  /** E-mail */
  email: string
  /** First name */
  first_name?: string
  /** Newsletter language */
  language?: "fr" | "en"
  /** Province or territory */
  province?: "AB" | "BC" | "MB" | "NB" | "NL" | "NS" | "NT" | "NU" | "ON" | "PE" | "QC" | "SK" | "YT"
  /** Topics */
  topics?: Array<"news">
  /** yes */
  consent: true
  lang?: "fr" | "en"
  notice?: string
  consent_shown?: string
  person?: boolean
  redirect?: string
}

/** The answers to each form, by its name. */
export interface Forms {
  assessment: AssessmentAnswers
  eoi: EoiAnswers
  application: ApplicationAnswers
  newsletter: NewsletterAnswers
}

/** What a form says once it is stored; `preventDefault()` leaves the rest to the website. */
export type SentEvent = CustomEvent<Receipt & { form: keyof Forms }>

/** Why a form was not taken, as its page shows it. */
export type RefusedEvent = CustomEvent<Problem>

/** `<relais-form form="eoi" lang="fr">`, around the plain form or empty. */
export interface RelaisFormElement extends HTMLElement {
  readonly piece: keyof Forms
  readonly hosted: string
}

/** `<relais-coaches lang="fr">`, around the plain search or empty. */
export interface RelaisCoachesElement extends HTMLElement {
  readonly hosted: string
}

declare global {
  interface HTMLElementTagNameMap {
    "relais-form": RelaisFormElement
    "relais-coaches": RelaisCoachesElement
  }
  interface HTMLElementEventMap {
    "relais:sent": SentEvent
    "relais:refused": RefusedEvent
    "relais:found": CustomEvent<unknown>
  }
}
